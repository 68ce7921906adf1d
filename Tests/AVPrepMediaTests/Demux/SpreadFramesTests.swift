import AVPrepMedia
import AVPrepModel
import Foundation
import TestSupport
import Testing

@Suite struct SpreadFramesTests {
    /// A clip whose grey level tells the second: 20 at the start, 20 more each second.
    private func write(_ path: String, seconds: Double, keyFrameInterval: Int, width: Int = 64, height: Int = 48) throws
    {
        let writer = try MediaWriter(
            path: path,
            video: VideoEncoding(
                width: width, height: height, frameRate: Rational(25), quality: 10, preset: "ultrafast",
                keyFrameInterval: keyFrameInterval), audio: nil)
        let picture = PixelBuffer(width: width, height: height, channels: 3)
        for index in 0..<Int(seconds * 25) {
            picture.pixels.update(repeating: UInt8(20 + 20 * index / 25))
            try writer.write(frame: picture, at: Double(index) / 25)
        }
        try writer.finish()
    }

    @Test(arguments: ["mp4", "mkv", "ts"], [12, 250])
    func picturesAreSpreadEvenlyAndShowTheirTime(container: String, keyFrameInterval: Int) throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.\(container)"
            try write(path, seconds: 8, keyFrameInterval: keyFrameInterval)
            let file = try MediaFile(path: path)
            let start = file.info.video?.startSeconds ?? 0
            let frames = try file.spreadFrames(count: 4)
            #expect(frames.count == 4)
            for (part, frame) in frames.enumerated() {
                let second = frame.seconds - start
                // The key frame before the middle of its part, or with one key frame in all, the middle itself.
                #expect(second >= Double(2 * part) - 0.01 && second <= Double(2 * part + 2), "\(second)")
                #expect(abs(Double(frame.picture.pixels[0]) - (20 + 20 * second)) < 4)
                #expect(frame.scale == 1 && frame.picture.width == 64 && frame.picture.height == 48)
            }
            // The file is as good as new for a pass.
            let request = DecodeRequest(fps: 25, shortSide: nil, audio: [])
            #expect(try file.decode(request, to: Recorder(request)).frameCount == 200)
        }
    }

    @Test func shortVideosGiveFewerAndLargeOnesAreHalved() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/short.mp4"
            try write(path, seconds: 0.12, keyFrameInterval: 12, width: 1280, height: 720)
            let frames = try MediaFile(path: path).spreadFrames(count: 8)
            #expect(frames.count == 3)
            #expect(frames.allSatisfy { $0.scale == 2 && $0.picture.width == 640 && $0.picture.height == 360 })
            #expect(zip(frames, frames.dropFirst()).allSatisfy { $0.seconds < $1.seconds })
        }
    }

    /// A raw H.264 stream has no times, no duration and no index.
    @Test func filesThatCannotBeSoughtInAreReadThrough() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/clip.h264"
            try write(path, seconds: 8, keyFrameInterval: 100)
            let frames = try MediaFile(path: path).spreadFrames(count: 4)
            #expect(frames.count == 4)
            let levels = frames.map { Int($0.picture.pixels[0]) }
            for (level, expected) in zip(levels, [40, 80, 120, 160]) {
                #expect(abs(level - expected) <= 20, "\(levels)")
            }
        }
    }
}
