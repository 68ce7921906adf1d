import AVPrepMedia
import TestSupport
import Testing

/// Files of other muxers with a flash and a beep planted at the same moments, or with a known distance between them.
@Suite(.enabled(if: SharedData.isAvailable, "needs the shared data")) struct PlantedCasesTests {
    private static let fps = 100.0

    /// What our reader makes of a file, and how much later each beep begins than its flash.
    private func read(_ name: String) throws -> (
        info: MediaInfo, summary: DecodeSummary, distances: [Double], recorder: Recorder
    ) {
        let file = try MediaFile(path: #require(SharedData.folder) + "/cases/\(name)")
        let request = DecodeRequest(
            fps: Self.fps, shortSide: nil, audio: [AudioFormat(sampleRate: 48_000, channels: 1)])
        let recorder = Recorder(request)
        let summary = try file.decode(request, to: recorder)
        let onsets = recorder.onsets(format: 0)
        let flashes = recorder.flashes.map { Double($0) / Self.fps }
        let distances = flashes.compactMap { flash in
            onsets.min { abs($0 - flash) < abs($1 - flash) }.map { $0 - flash }
        }
        return (file.info, summary, distances, recorder)
    }

    /// Within half of a picture's 40 ms; the beep is late by the encoder's delay where that is part of the audio.
    ///
    /// - Parameter share: of the flashes whose beep can be told from what sounds before it.
    @Test(arguments: [
        ("mpeg4-bframes-plain.avi", 0.0, 0.85), ("mpeg4-packed-bframes.avi", 0, 0.85),
        ("mpeg4-in-vfw-mpeg4-bframes.mkv", 0, 0.85), ("h264-bframes.avi", 0.02, 0.85),
        ("vbr-mp3-constant-header.avi", 0.023, 0.5), ("sound-clock-1000ppm-slow.mkv", -0.005, 0.95),
        ("tfdt-1.7e9s-sound-360ms-late.mp4", 0.35, 0.75), ("control-tfdt-25h-sound-360ms-late.mp4", 0.35, 0.75),
    ])
    func beepsComeWithTheirFlashes(name: String, expected: Double, share: Double) throws {
        let (info, summary, distances, _) = try read(name)
        let near = distances.filter { abs($0 - expected) <= 0.02 }
        #expect(distances.count >= 8 && Double(near.count) >= share * Double(distances.count), "\(name): \(distances)")
        #expect(summary.longestAudioGapSeconds == 0 && summary.patchedAudioSeconds == nil, "\(name): \(summary)")
        if name.hasPrefix("tfdt") {
            #expect(
                abs((info.startSkewSeconds ?? 0) - 0.36) < 0.001 && abs((info.video?.startSeconds ?? 0) - 1.7e9) < 1)
        }
        if name.hasPrefix("sound-clock") { #expect(abs((summary.clockDriftPPM ?? 0) - 1000) < 50) }
    }

    @Test func packetsInBurstsAreOneContinuousSound() throws {
        let (info, summary, _, _) = try read("sound-stamped-in-bursts-a.mkv")
        #expect(summary.longestAudioGapSeconds == 0 && summary.patchedAudioSeconds == nil, "\(summary)")
        #expect(summary.clockDriftPPM == nil && summary.discontinuities == 0)
        #expect(abs(info.audio?.startSeconds ?? 1) < 0.002)
    }

    @Test func everyFrameOfAPhonesSampleIsHeard() throws {
        let (_, summary, _, recorder) = try read("amr-50-frames-a-sample.3gp")
        #expect(Double(summary.frameCount) / Self.fps > 14.9 && summary.patchedAudioSeconds == nil, "\(summary)")
        #expect(recorder.samples[0].count { $0 == 0 } < recorder.samples[0].count / 20)
    }
}
