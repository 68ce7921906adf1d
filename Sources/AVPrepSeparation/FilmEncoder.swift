import AVPrepMedia
import AVPrepModel

/// A film whose pictures cannot be copied, encoded anew beside another sound: H.264 and PCM in Matroska.
final class FilmEncoder: DecodeConsumer {
    private static let blockSeconds = 0.5

    private let writer: MediaWriter
    private let sound: SoundFile
    private let sampleRate: Int
    private let fps: Double
    private let startSeconds: Double
    /// The number of the first picture behind the last jump of the clock, and its time after the film's start.
    private var origin = (picture: 0, seconds: 0.0)
    private var heard = 0
    private var isSoundOver = false

    /// - Parameters:
    ///   - sound: at its first sample, which is the start of the pass.
    ///   - startSeconds: time 0 of the pass on the presentation clock.
    init(
        path: String, size: (width: Int, height: Int), fps: Double, startSeconds: Double, sound: SoundFile,
        sampleRate: Int
    ) throws {
        let rate = Rational(Int((fps * 1001).rounded()), 1001)
        writer = try MediaWriter(
            path: path, container: "matroska",
            video: VideoEncoding(width: size.width, height: size.height, frameRate: rate, quality: 18),
            audio: AudioEncoding(codec: "pcm_s16le", sampleRate: sampleRate, channels: 1))
        self.sound = sound
        self.sampleRate = sampleRate
        self.fps = fps
        self.startSeconds = startSeconds
    }

    func consume(samples: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) throws {}

    func consumeDiscontinuity(beforeFrame index: Int, seconds: Double) throws {
        origin = (index, seconds - startSeconds)
    }

    func consume(frame picture: PixelBuffer, index: Int) throws {
        let seconds = origin.seconds + Double(index - origin.picture) / fps
        try hear(until: seconds)
        try writer.write(frame: picture, at: seconds)
    }

    func finish() throws {
        try hear(until: .infinity)
        try writer.finish()
    }

    private func hear(until seconds: Double) throws {
        while !isSoundOver, Double(heard) / Double(sampleRate) <= seconds {
            let count = max(1, Int(Self.blockSeconds * Double(sampleRate)))
            let block = try sound.read(count)
            heard += block.count
            isSoundOver = block.count < count
            if !block.isEmpty { try writer.write(samples: block) }
        }
    }
}
