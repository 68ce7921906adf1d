import AVPrepMedia
import AVPrepModel
import Foundation
import Synchronization
import TestSupport
import Testing

/// A read that fails is neither the end of the file nor damage: what was decoded so far is no result.
@Suite struct FailingReadTests {
    private static let request = DecodeRequest(
        fps: 25, shortSide: nil, audio: [AudioFormat(sampleRate: 16_000, channels: 1)])

    /// Opens a file whose reads beyond `limit` bytes fail with `error`.
    private static func open(_ path: String, failingAfter limit: Int, error: Int32) throws -> LocalFile {
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC)
        return try LocalFile(adopting: descriptor, path: path) { descriptor, buffer, count, offset in
            guard offset + count <= limit else {
                errno = error
                return -1
            }
            return LocalFile.systemReader(descriptor, buffer, count, offset)
        }
    }

    /// A file of some hundred thousand bytes, so that its middle is not read when it is opened.
    private static func withMedia(_ name: String, _ body: (_ path: String, _ size: Int) throws -> Void) throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/\(name)"
            let video: VideoEncoding
            let audio: AudioEncoding
            switch (name as NSString).pathExtension {
            case "webm":
                video = VideoEncoding(codec: "libvpx", width: 320, height: 240, frameRate: Rational(25))
                audio = AudioEncoding(codec: "libopus", sampleRate: 48_000, channels: 2)
            case "avi":
                video = VideoEncoding(codec: "mpeg4", width: 320, height: 240, frameRate: Rational(25), bFrames: 0)
                audio = AudioEncoding(codec: "pcm_s16le", sampleRate: 48_000, channels: 2)
            default:
                video = VideoEncoding(
                    codec: "libx264", width: 320, height: 240, frameRate: Rational(25), preset: "ultrafast",
                    keyFrameInterval: 25, bFrames: 0)
                audio = AudioEncoding(codec: "aac", sampleRate: 48_000, channels: 2)
            }
            let writer = try MediaWriter(path: path, video: video, audio: audio)
            let picture = PixelBuffer(width: 320, height: 240, channels: 3)
            var noise: UInt32 = 1
            for index in 0..<100 {
                for place in picture.pixels.indices {
                    noise = noise &* 1_664_525 &+ 1_013_904_223
                    picture.pixels[place] = UInt8(noise >> 24)
                }
                try writer.write(frame: picture, at: Double(index) / 25)
            }
            try writer.write(samples: (0..<4 * 96_000).map { sin(Float($0) * 0.03) * 0.5 }, at: 0)
            try writer.finish()
            try body(path, LocalFile(path: path).size)
        }
    }

    @Test(arguments: ["a.mp4", "a.mkv", "a.webm", "a.avi", "a.ts", "a.mov"], [EIO, ESTALE])
    func anErrorInTheMiddleIsNoEndOfTheFile(name: String, error: Int32) throws {
        try Self.withMedia(name) { path, size in
            // Where the index is at the end, it is read before the middle is.
            for share in [0.3, 0.5, 0.8] {
                let failure = #expect(throws: MediaError.self) {
                    let file = try Self.open(path, failingAfter: Int(Double(size) * share), error: error)
                    _ = try MediaFile(file).decode(Self.request, to: Recorder(Self.request))
                }
                #expect(failure?.code == .readError, "\(name) at \(share): \(String(describing: failure))")
                #expect(failure?.description.contains(path) == true)
                #expect(failure?.description.contains(String(cString: strerror(error))) == true)
            }
        }
    }

    /// One failed read, after which the disk gives the rest: decoders would conceal the hole.
    @Test(arguments: ["a.mkv", "a.ts", "a.avi"])
    func oneFailedReadIsNotConcealed(name: String) throws {
        try Self.withMedia(name) { path, size in
            let wasRead = Atomic(false)
            let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC)
            let file = try LocalFile(adopting: descriptor, path: path) { descriptor, buffer, count, offset in
                if offset > size / 2, !wasRead.exchange(true, ordering: .relaxed) {
                    errno = ETIMEDOUT
                    return -1
                }
                return LocalFile.systemReader(descriptor, buffer, count, offset)
            }
            let failure = #expect(throws: MediaError.self) {
                _ = try MediaFile(file).decode(Self.request, to: Recorder(Self.request))
            }
            #expect(failure?.code == .readError)
        }
    }

    @Test func theSearchForBordersSeesTheErrorToo() throws {
        try Self.withMedia("a.mkv") { path, size in
            let failure = #expect(throws: MediaError.self) {
                _ = try MediaFile(try Self.open(path, failingAfter: size / 2, error: EIO)).spreadFrames(count: 8)
            }
            #expect(failure?.code == .readError)
        }
    }

    @Test(arguments: ["a.mp4", "a.mkv", "a.avi"])
    func aFileThatIsCutWhileItIsDecodedIsChanging(name: String) throws {
        try Self.withMedia(name) { path, size in
            let media = try MediaFile(path: path)
            let consumer = Cutter { if $0 == 5 { #expect(truncate(path, off_t(size / 2)) == 0) } }
            let failure = #expect(throws: MediaError.self) { _ = try media.decode(Self.request, to: consumer) }
            #expect(failure?.code == .changing, "\(String(describing: failure))")
            #expect(failure?.description.contains("cut while it was read") == true)
        }
    }

    /// Calls back at each frame.
    private final class Cutter: DecodeConsumer {
        private let onFrame: (Int) -> Void

        init(_ onFrame: @escaping (Int) -> Void) { self.onFrame = onFrame }

        func consume(frame picture: PixelBuffer, index: Int) { onFrame(index) }
        func consume(samples: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) {}
        func consumeDiscontinuity(beforeFrame index: Int, seconds: Double) {}
    }
}
