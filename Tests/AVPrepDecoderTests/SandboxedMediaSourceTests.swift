import AVPrepMedia
import AVPrepModel
import Foundation
import TestSupport
import Testing

@testable import AVPrepDecoder

/// What comes out of another process is what comes out of this one.
@Suite struct SandboxedMediaSourceTests {
    @Test func aPassDeliversTheSameBytesAsInThisProcess() throws {
        try withVideo { path in try expectSame(path, on: DecoderClient()) }
    }

    @Test(.enabled(if: SharedData.isAvailable, "the real clips are not beside the repository"))
    func realClipsDeliverTheSameBytesAsInThisProcess() throws {
        let host = try DecoderClient()
        for path in SharedData.files(in: "real-av").prefix(2) { try expectSame(path, on: host) }
    }

    /// What deinterlaces is loaded before the box closes, and works in it.
    @Test(.enabled(if: Products.hasFFmpeg, "needs the ffmpeg program"))
    func interlacedPicturesAreTheSameAsInThisProcess() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/woven.ts"
            let words =
                "-v error -f lavfi -i testsrc2=s=192x144:r=50:d=2,interlace=scan=tff:lowpass=0 -f lavfi -i sine=d=2 "
                + "-c:v mpeg2video -q:v 2 -flags +ildct+ilme -top 1 -c:a mp2"
            let made = try Command.run(
                try #require(Products.ffmpeg), words.split(separator: " ").map(String.init) + [path])
            #expect(made.status == 0, "\(made.standardError)")
            #expect(try MediaFile(path: path).info.video?.colour?.isInterlaced == true)
            try expectSame(path, on: DecoderClient())
        }
    }

    /// However long a file is, its process takes no more memory.
    @Test func memoryIsFlatOverLength() throws {
        try withTemporaryFolder { folder in
            let host = try DecoderClient()
            let peaks = try [2, 80].map { seconds -> Int in
                let path = "\(folder)/\(seconds).mp4"
                try writeStills(path, seconds: seconds)
                let media = try SandboxedMediaSource(path: path, on: host)
                let record = FrameCounter()
                _ = try media.decode(wholePass, to: record)
                #expect(record.count == seconds * 25)
                media.finish()
                return try #require(host.lastReport).peakBytes
            }
            #expect(peaks[0] > 0 && peaks[1] < peaks[0] + 4 << 20, "\(peaks)")
        }
    }

    private final class FrameCounter: DecodeConsumer {
        private(set) var count = 0
        func consume(frame picture: PixelBuffer, index: Int) { count += 1 }
        func consume(samples: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) {}
    }

    private func writeStills(_ path: String, seconds: Int) throws {
        let writer = try MediaWriter(
            path: path,
            video: VideoEncoding(width: 160, height: 120, frameRate: Rational(25), preset: "ultrafast"),
            audio: AudioEncoding(sampleRate: 16_000, channels: 1))
        let picture = PixelBuffer(width: 160, height: 120, channels: 3)
        for index in 0..<seconds * 25 {
            picture.pixels.update(repeating: UInt8(index % 200))
            try writer.write(frame: picture, at: Double(index) / 25)
        }
        for second in 0..<seconds {
            try writer.write(samples: Array(repeating: 0.1, count: 16_000), at: Double(second))
        }
        try writer.finish()
    }

    private func expectSame(_ path: String, on host: DecoderClient) throws {
        let inside = try MediaFile(path: path)
        let outside = try SandboxedMediaSource(path: path, on: host)
        #expect(inside.info == outside.info)
        let crop = CropMargins(top: 4, bottom: 0, left: 2, right: 8)
        #expect(inside.outputSize(crop: crop, shortSide: 64)! == outside.outputSize(crop: crop, shortSide: 64)!)
        let pairs = zip(try inside.spreadFrames(count: 5), try outside.spreadFrames(count: 5))
        for (one, other) in pairs {
            #expect(one.seconds == other.seconds && one.scale == other.scale)
            #expect(one.picture.pixels.elementsEqual(other.picture.pixels))
        }
        var request = wholePass
        request.crop = crop
        let expected = PassRecord(formats: request.audio.count)
        let found = PassRecord(formats: request.audio.count)
        let summary = try inside.decode(request, to: expected)
        #expect(try outside.decode(request, to: found) == summary)
        #expect(summary.frameCount > 20 && found.frames.count == summary.frameCount)
        #expect(found == expected, "\(path)")
        #expect(outside.finish() > 0)
    }
}

/// What a file is in place of a video comes through the process as it is.
@Suite struct ForeignFileProcessTests {
    @Test(arguments: [
        ("", MediaError.Code.empty), ("<html></html>", .errorPage), ("PK\u{3}\u{4}....", .archive),
        ("#EXTM3U\na.ts\n", .pointer), ("%PDF-1.4\n", .notMedia),
    ]) func itsCodeAndWordsAreThoseOfThisProcess(text: String, code: MediaError.Code) throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/film.mp4"
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            let here = #expect(throws: MediaError.self) { try MediaFile(path: path) }
            let there = #expect(throws: MediaError.self) {
                try SandboxedMediaSource(path: path, on: DecoderClient())
            }
            #expect(there == here)
            #expect(there?.code == code)
        }
    }
}
