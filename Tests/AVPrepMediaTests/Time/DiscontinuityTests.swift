import AVPrepMedia
import AVPrepModel
import Foundation
import TestSupport
import Testing

/// Recordings one after the other in one file, lost sound, and damaged timestamps: the pass goes on, tells where, and
/// flash and click stay together on both sides.
@Suite struct DiscontinuityTests {
    /// Writes `moments` of flash and click into a transport stream from `start` on, less the sound in `muted`.
    private func part(_ path: String, start: Double, seconds: Double, seed: UInt64) throws -> ClockClip {
        let clip = ClockClip(
            ClockCase(
                rate: Rational(25), container: .ts, video: .h264B, audio: .mp2,
                starts: ClockCase.Starts(picture: start, sound: start)), seconds: seconds, seed: seed)
        try clip.write(to: path)
        return clip
    }

    /// - Returns: what came of the two parts, one behind the other in a file.
    private func join(_ starts: [Double], _ folder: String) throws -> (
        clips: [ClockClip], Recorder, MediaInfo, DecodeSummary
    ) {
        var bytes = Data()
        var clips: [ClockClip] = []
        for (number, start) in starts.enumerated() {
            let path = "\(folder)/\(number).ts"
            clips.append(try part(path, start: start, seconds: 2, seed: UInt64(number + 40)))
            bytes += try Data(contentsOf: URL(fileURLWithPath: path))
        }
        let path = "\(folder)/joined.ts"
        try bytes.write(to: URL(fileURLWithPath: path))
        let request = DecodeRequest(fps: 25, shortSide: nil, audio: [AudioFormat(sampleRate: 48_000, channels: 1)])
        let recorder = Recorder(request)
        let file = try MediaFile(path: path)
        return (clips, recorder, file.info, try file.decode(request, to: recorder))
    }

    /// The second part begins 30 s later, an hour later, 3 s earlier than the first ends, or where the first began.
    @Test(arguments: [33.0, 3600.0, 0.5, 1.0]) func thePassGoesOnWhereTheClockJumps(second: Double) throws {
        try withTemporaryFolder { folder in
            let (clips, recorder, info, summary) = try join([1, second], folder)
            #expect(summary.discontinuities == 1)
            #expect(recorder.discontinuities.count == 1)
            let jump = try #require(recorder.discontinuities.first)
            // Neither part loses more than its ragged ends; the gap costs no frames.
            #expect(abs(summary.frameCount - 100) <= 4, "\(summary.frameCount) frames")
            #expect(abs(jump.frame - 50) <= 2)
            // The transport stream's clock begins at 1.4 s rather than at 0.
            let shift = info.commonStartSeconds - 1
            #expect(abs(jump.seconds - shift - second) < 0.1)
            // In the pass: flash and click of each moment together, within the part they belong to.
            let moments =
                clips[0].moments.map { $0 + shift - info.commonStartSeconds }
                + clips[1].moments.map { $0 + shift - jump.seconds + Double(jump.frame) / 25 }
            let clicks = recorder.clicks(format: 0)
            #expect(clicks.count == moments.count && recorder.flashes.count == moments.count)
            for ((moment, click), flash) in zip(zip(moments, clicks), recorder.flashes) {
                #expect(abs(click - moment) < 0.001)
                #expect(abs((Double(flash) - 0.5) / 25 - moment) <= 0.5 / 25 + 0.001)
            }
            if second > 30 { #expect(abs(summary.longestAudioGapSeconds - (second - 3)) < 0.1) }
        }
    }

    /// Sound that is missing for a second ends the stretch; the pictures of that second are left out.
    @Test(arguments: [0.3, 1.0]) func missingSoundIsFilledOrLeftOut(gap: Double) throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.mkv"
            let writer = try MediaWriter(
                path: path, video: VideoEncoding(width: 32, height: 32, frameRate: Rational(25), preset: "ultrafast"),
                audio: AudioEncoding(codec: "pcm_s16le", sampleRate: 48_000, channels: 1))
            let picture = PixelBuffer(width: 32, height: 32, channels: 3)
            for index in 0..<100 { try writer.write(frame: picture, at: Double(index) / 25) }
            let tone = (0..<96_000).map { 0.5 * Float(sin(2 * .pi * 440 * Double($0) / 48_000)) }
            try writer.write(samples: Array(tone[..<72_000]), at: 0)
            try writer.skipSound(to: 1.5 + gap)
            try writer.write(samples: tone, at: 1.5 + gap)
            try writer.finish()
            let request = DecodeRequest(fps: 25, shortSide: nil, audio: [AudioFormat(sampleRate: 48_000, channels: 1)])
            let recorder = Recorder(request)
            let summary = try MediaFile(path: path).decode(request, to: recorder)
            #expect(abs(summary.longestAudioGapSeconds - gap) < 0.002)
            let isLeftOut = gap > 0.5
            #expect(recorder.discontinuities.count == (isLeftOut ? 1 : 0))
            if let jump = recorder.discontinuities.first {
                #expect(jump.frame == 37 && abs(jump.seconds - (1.5 + gap)) < 0.001)
            }
            #expect(abs(summary.frameCount - Int(25 * min(4, 3.5 + gap) - (isLeftOut ? 25 * gap : 0))) <= 1)
            // Where it is filled there is silence, to the sample.
            let sound = recorder.samples[0]
            let silent = sound.indices.filter { sound[$0] == 0 && $0 > 0 && sound[$0 - 1] == 0 }.count
            #expect(isLeftOut ? silent < 100 : abs(silent - Int(gap * 48_000)) < 150, "\(silent) silent samples")
        }
    }
}
