import AVPrepDecoder
import AVPrepMedia
import AVPrepModel
import Foundation
import TestSupport
import Testing

/// Two recordings in one file: where the clock jumps comes out of another process as it does out of this one.
@Suite struct DecoderJumpTests {
    @Test func jumpsOfTheClockComeAcross() throws {
        try withTemporaryFolder { folder in
            let path = try writeParts(in: folder, starts: [1, 60])
            let expected = PassRecord(formats: wholePass.audio.count)
            let found = PassRecord(formats: wholePass.audio.count)
            let summary = try MediaFile(path: path).decode(wholePass, to: expected)
            #expect(expected.discontinuities.count == 1 && summary.discontinuities == 1)
            let outside = try SandboxedMediaSource(path: path, on: DecoderClient())
            #expect(try outside.decode(wholePass, to: found) == summary)
            #expect(found == expected)
        }
    }

    /// The second part begins 0.3 s after the end of the first: silence is filled in, and where and how much is told.
    @Test func repairsOfTheAudioComeAcross() throws {
        try withTemporaryFolder { folder in
            let path = try writeParts(in: folder, starts: [1, 2.3])
            let expected = PassRecord(formats: wholePass.audio.count)
            let found = PassRecord(formats: wholePass.audio.count)
            let summary = try MediaFile(path: path).decode(wholePass, to: expected)
            let patched = expected.repairs.values.reduce(0) { $0 + $1.patchedSeconds }
            #expect(abs(patched - 0.3) < 0.03 && abs((summary.patchedAudioSeconds ?? 0) - patched) < 1e-9)
            #expect((7...10).contains(expected.repairs.count), "\(expected.repairs)")
            let outside = try SandboxedMediaSource(path: path, on: DecoderClient())
            #expect(try outside.decode(wholePass, to: found) == summary)
            #expect(found == expected)
        }
    }

    /// One recording behind the other in one file, each with its own clock.
    private func writeParts(in folder: String, starts: [Double]) throws -> String {
        let path = "\(folder)/both.ts"
        var bytes = Data()
        for start in starts {
            try write(path, start: start)
            bytes += try Data(contentsOf: URL(fileURLWithPath: path))
        }
        try bytes.write(to: URL(fileURLWithPath: path))
        return path
    }

    private func write(_ path: String, start: Double) throws {
        let writer = try MediaWriter(
            path: path, video: VideoEncoding(width: 160, height: 120, frameRate: Rational(25), preset: "ultrafast"),
            audio: AudioEncoding(codec: "mp2", sampleRate: 48_000, channels: 1))
        let picture = PixelBuffer(width: 160, height: 120, channels: 3)
        for index in 0..<25 { try writer.write(frame: picture, at: start + Double(index) / 25) }
        try writer.write(samples: [Float](repeating: 0.1, count: 48_000), at: start)
        try writer.finish()
    }
}
