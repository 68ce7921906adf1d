import AVPrepMedia
import Foundation
import TestSupport
import Testing

/// Files whose audio has timestamps other than its samples: written again by ffmpeg with other stamps.
@Suite(.enabled(if: Products.hasFFmpeg, "needs the ffmpeg program")) struct WanderingStampsTests {
    /// A clip of `seconds` with the given stamps on its audio packets.
    ///
    /// - Parameters:
    ///   - stamps: of bitstream filter setts; N is the packet's number.
    ///   - further: options of ffmpeg.
    private func read(
        _ stamps: String, seconds: Double = 12, audio: ClockCase.AudioCodec = .aac, further: String = "",
        _ body: (ClockClip, Recorder, DecodeSummary, MediaInfo) throws -> Void
    ) throws {
        try withTemporaryFolder { folder in
            let clip = ClockClip(
                ClockCase(
                    rate: Rational(25), container: .mkv, video: .h264, audio: audio,
                    starts: ClockCase.Starts(picture: 0, sound: 0)), seconds: seconds, seed: 11)
            try clip.write(to: "\(folder)/clip.mkv")
            let path = "\(folder)/again.mkv"
            try FFmpegProgram.run(
                "-i \(folder)/clip.mkv -c copy -bsf:a setts=\(stamps) \(further) {}", file: path)
            let request = DecodeRequest(
                fps: 25, shortSide: nil,
                audio: [48_000, 16_000].map { AudioFormat(sampleRate: $0, channels: 1) })
            let recorder = Recorder(request)
            let file = try MediaFile(path: path)
            try body(clip, recorder, try file.decode(request, to: recorder), file.info)
        }
    }

    /// Flash and click of each moment within half a frame of each other, to the end, at both rates.
    private func expectTogether(_ clip: ClockClip, _ recorder: Recorder, _ name: Comment) {
        for format in 0...1 {
            let clicks = recorder.clicks(format: format, above: 0.3)
            #expect(clicks.count == clip.moments.count && recorder.flashes.count == clicks.count, name)
            for (flash, click) in zip(recorder.flashes, clicks) {
                #expect(abs((Double(flash) - 0.5) / 25 - click) <= 0.5 / 25 + 0.0045, name)
            }
        }
    }

    @Test(arguments: [6, 47]) func aRecorderThatStampsInBurstsHasOneConstantOffset(size: Int) throws {
        let stamps =
            "pts=floor(N/\(size))*\(size)*1024/48000/TB+mod(N\\,\(size)):dts=floor(N/\(size))*\(size)*1024/48000/TB+mod(N\\,\(size))"
        try read(stamps) { clip, recorder, summary, _ in
            let name = Comment(rawValue: "\(size): \(summary)")
            #expect(summary.longestAudioGapSeconds == 0 && summary.patchedAudioSeconds == nil, name)
            #expect(summary.discontinuities == 0 && recorder.repairs.isEmpty, name)
            let clicks = recorder.clicks(format: 0, above: 0.3)
            #expect(clicks.count == clip.moments.count)
            let offsets = zip(clicks, clip.moments).map { $0 - $1 }
            #expect((offsets.max() ?? 1) - (offsets.min() ?? 0) < 0.001, name)
            if size == 6 { expectTogether(clip, recorder, name) }
        }
    }

    /// As where a recorder's audio clock runs slower or faster than its pictures' clock.
    @Test(arguments: [-1000, 1000, 5000]) func aClockThatDriftsIsFollowedAndRecorded(partsPerMillion: Int) throws {
        let factor = "*(1000000+\(partsPerMillion))/1000000"
        try read("pts=PTS\(factor):dts=PTS\(factor)", seconds: 30) { clip, recorder, summary, _ in
            let name = Comment(rawValue: "\(partsPerMillion): \(summary)")
            #expect(summary.longestAudioGapSeconds == 0 && summary.patchedAudioSeconds == nil, name)
            let drift = try #require(summary.clockDriftPPM)
            #expect(abs(drift - Double(partsPerMillion)) < 0.1 * abs(Double(partsPerMillion)), name)
            #expect(recorder.repairs.last?.driftPPM == drift)
            // The clicks have moved with their packets' stamps, and stay with these.
            let clicks = recorder.clicks(format: 0, above: 0.3)
            #expect(clicks.count == clip.moments.count, name)
            for (click, moment) in zip(clicks, clip.moments) {
                let stated = moment * (1 + Double(partsPerMillion) * 1e-6)
                #expect(abs(click - stated) < 0.018, name)
            }
            let (last, moment) = (clicks.last ?? 0, clip.moments.last ?? 0)
            #expect(abs(last - moment * (1 + Double(partsPerMillion) * 1e-6)) < 0.004, name)
        }
    }

    /// Each second loses four packets of 21 ms: what is filled in is told, frame by frame.
    @Test func lostPacketsAreSilenceAndCounted() throws {
        try read("pts=PTS", further: "-bsf:a noise=drop=lt(mod(n\\,47)\\,4)*gt(n\\,20)") { clip, recorder, summary, _ in
            let name = Comment(rawValue: "\(summary)")
            let patched = try #require(summary.patchedAudioSeconds)
            #expect(abs(patched / 12 - 4.0 / 47) < 0.015, name)
            #expect(abs(recorder.repairs.reduce(0) { $0 + $1.patchedSeconds } - patched) < 1e-9)
            #expect(
                summary.clockDriftPPM == nil && abs(summary.longestAudioGapSeconds - 4 * 1024 / 48_000) < 0.002, name)
        }
    }
}
