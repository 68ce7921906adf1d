import AVPrepCore
import AVPrepMedia
import AVPrepModel
import Foundation

/// The sound of a video, decoded into a file without a name, so that its length does not matter.
final class SoundTrack: DecodeConsumer {
    static let format = AudioFormat(sampleRate: 44_100, channels: 2)

    /// Where the numbering of samples meets the video's clock: at the start, and at each jump.
    private var anchors: [(sample: Int, seconds: Double)]
    private let file: FileHandle
    private let fps: Double
    private var buffer: [Int16] = []
    private(set) var sampleCount = 0

    /// - Parameters:
    ///   - folder: where the file lies.
    ///   - fps: of the pass that it hears.
    init(startSeconds: Double, fps: Double, in folder: String) throws {
        anchors = [(0, startSeconds)]
        self.fps = fps
        let path = "\(folder)/sound"
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failure("cannot write \(path): \(systemError())", endsRun: true) }
        file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    func consume(frame picture: PixelBuffer, index: Int) {}

    func consume(samples: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) throws {
        buffer.removeAll(keepingCapacity: true)
        for sample in samples { buffer.append(Int16((min(1, max(-1, sample)) * 32767).rounded())) }
        do {
            try buffer.withUnsafeBytes { try file.write(contentsOf: $0) }
        } catch {
            throw Failure("cannot keep the sound: \(AtomicFile.diskReason(error)); free disk space", endsRun: true)
        }
        sampleCount = firstSample + samples.count / Self.format.channels
    }

    func consumeDiscontinuity(beforeFrame index: Int, seconds: Double) {
        anchors.append((Int((Double(index) / fps * Double(Self.format.sampleRate)).rounded()), seconds))
    }

    /// Interleaved samples in `[-1, 1]` from a moment of the video's clock on; silence where there are none.
    func samples(at seconds: Double, count: Int) throws -> [Float] {
        let rate = Double(Self.format.sampleRate)
        // The last jump before the moment: where the clock jumps back, the second recording is heard.
        let anchor = anchors.last { $0.seconds <= seconds } ?? anchors[0]
        let first = anchor.sample + Int(((seconds - anchor.seconds) * rate).rounded())
        var samples = [Float](repeating: 0, count: count * Self.format.channels)
        let there = max(0, first)..<max(0, min(sampleCount, first + count))
        guard !there.isEmpty else { return samples }
        let frame = Self.format.channels * MemoryLayout<Int16>.size
        try file.seek(toOffset: UInt64(there.lowerBound * frame))
        let data = try file.read(upToCount: there.count * frame) ?? Data()
        data.withUnsafeBytes { bytes in
            let place = (there.lowerBound - first) * Self.format.channels
            for index in 0..<bytes.count / MemoryLayout<Int16>.size {
                let value = bytes.loadUnaligned(fromByteOffset: index * 2, as: Int16.self)
                samples[place + index] = Float(value) / 32767
            }
        }
        return samples
    }
}
