import AVPrepMedia
import AVPrepModel

/// Receives the output of a pass in another process, and hands it on if it is valid.
///
/// Order, numbers and positions are checked, because the receiving buffers rely on them: frames come in order, each
/// after exactly the audio up to its end. The content of pictures and audio is not checked.
final class PassReceiver {
    private let session: DecoderSession
    private let memory: SharedMemory
    private let layout: RingLayout
    private let size: (width: Int, height: Int)
    private let request: DecodeRequest
    private let consumer: any DecodeConsumer
    private let clock: FrameClock
    /// The picture of each slot, created on first use.
    private var pictures: [PixelBuffer?]
    /// Our own copy of a piece of audio, which no other process can change.
    private var piece: [Float]
    private var nextFrame = 0
    /// The frame whose audio was last said to be repaired.
    private var lastRepair = -1
    /// Sample frames received, by format.
    private var sampleCounts: [Int]
    /// Messages consumed and not yet released.
    private var taken = 0

    init(
        _ session: DecoderSession, _ memory: SharedMemory, _ layout: RingLayout, _ size: (width: Int, height: Int),
        _ request: DecodeRequest, _ consumer: any DecodeConsumer
    ) {
        self.session = session
        self.memory = memory
        self.layout = layout
        self.size = size
        self.request = request
        self.consumer = consumer
        clock = FrameClock(startSeconds: 0, fps: request.fps)
        pictures = Array(repeating: nil, count: layout.pictureSlots)
        piece = Array(repeating: 0, count: layout.soundSamples)
        sampleCounts = Array(repeating: 0, count: request.audio.count)
    }

    func run() throws -> DecodeSummary {
        while true {
            switch try session.next() {
            case .signal(let signal) where signal.kind == .frame: try take(frame: signal)
            case .signal(let signal) where signal.kind == .samples: try take(samples: signal)
            case .signal(let signal) where signal.kind == .discontinuity: try take(discontinuity: signal)
            case .signal(let signal) where signal.kind == .repair: try take(repair: signal)
            case .reply(.passEnd(let summary)):
                guard summary.frameCount == nextFrame else { throw broken("counted \(summary.frameCount) frames") }
                let shares = [summary.lostShare ?? 0]
                let seconds = (summary.unusedSeconds ?? [:]).values
                guard shares.allSatisfy({ (0...1).contains($0) }), seconds.allSatisfy({ $0 >= 0 }) else {
                    throw broken("lost \(shares[0]) of the file")
                }
                return summary
            default: throw broken("sent a reply to another request")
            }
        }
    }

    private func take(frame signal: Signal) throws {
        guard signal.index == nextFrame, pictures.indices.contains(signal.slot) else {
            throw broken("sent frame \(signal.index) instead of frame \(nextFrame)")
        }
        guard clock.seconds(ofFrame: nextFrame) <= session.limits.maxHours * 3600 else {
            throw session.fail(MediaError.tooLong(session.path, hours: session.limits.maxHours))
        }
        for (format, count) in zip(request.audio, sampleCounts)
        where count != clock.sampleCount(beforeFrame: nextFrame + 1, sampleRate: format.sampleRate) {
            throw broken("sent frame \(nextFrame) after \(count) samples")
        }
        let picture =
            pictures[signal.slot] ?? memory.picture(signal.slot, of: layout, width: size.width, height: size.height)
        pictures[signal.slot] = picture
        try consume { try consumer.consume(frame: picture, index: nextFrame) }
        nextFrame += 1
        taken += 1
        try release()
    }

    private func take(samples signal: Signal) throws {
        guard request.audio.indices.contains(signal.format), (0..<layout.soundSlots).contains(signal.slot) else {
            throw broken("sent audio in a format that was not requested")
        }
        let format = request.audio[signal.format]
        let end = clock.sampleCount(beforeFrame: nextFrame + 1, sampleRate: format.sampleRate)
        guard signal.index == sampleCounts[signal.format],
            (1...layout.soundSamples / format.channels).contains(signal.count),
            signal.count <= end - signal.index
        else { throw broken("sent \(signal.count) samples from \(signal.index) on before frame \(nextFrame)") }
        let count = signal.count * format.channels
        let source = memory.samples(signal.slot, of: layout)
        // Copied before the check: the content of shared memory may change between two reads.
        for index in 0..<count { piece[index] = source[index] }
        for index in 0..<count where !(piece[index].magnitude <= 1) { throw broken("sent samples beyond ± 1") }
        try consume {
            try piece.withUnsafeBufferPointer { samples in
                try consumer.consume(
                    samples: UnsafeBufferPointer(rebasing: samples[..<count]), format: signal.format,
                    firstSample: signal.index)
            }
        }
        sampleCounts[signal.format] += signal.count
        taken += 1
        // Before the sender has no free slot left and waits.
        if taken >= layout.soundSlots / 2 { try release() }
    }

    private func take(discontinuity signal: Signal) throws {
        guard signal.index == nextFrame, signal.seconds.isFinite,
            zip(request.audio, sampleCounts).allSatisfy({ format, count in
                count == clock.sampleCount(beforeFrame: nextFrame, sampleRate: format.sampleRate)
            })
        else { throw broken("sent a discontinuity within frame \(nextFrame)") }
        try consume { try consumer.consumeDiscontinuity(beforeFrame: nextFrame, seconds: signal.seconds) }
    }

    private func take(repair signal: Signal) throws {
        // Of each frame one at most, of no more than a gap that is filled and a packet that is cut.
        guard signal.index == nextFrame, signal.index != lastRepair, (0...Self.longestRepair).contains(signal.seconds),
            (-Self.largestDrift...Self.largestDrift).contains(signal.count), (0...1).contains(signal.format)
        else { throw broken("sent a repair of \(signal.seconds) s for frame \(signal.index)") }
        lastRepair = signal.index
        let drift = signal.format == 1 ? Double(signal.count) / 1000 : nil
        try consume {
            try consumer.consume(
                repair: AudioRepair(patchedSeconds: signal.seconds, driftPPM: drift), ofFrame: nextFrame)
        }
    }

    /// Far above what a frame's audio can be repaired by, in seconds, and above any drift, in parts per billion.
    private static let longestRepair = 1e6
    private static let largestDrift = 1_000_000_000

    /// Messages are consumed in order, so a count identifies them.
    private func release() throws {
        try session.release(taken)
        taken = 0
    }

    /// An error thrown by a consumer ends the process: its remaining output is not needed.
    private func consume(_ body: () throws -> Void) throws {
        do { try body() } catch { throw session.fail(error) }
    }

    private func broken(_ what: String) -> any Error { session.fail(session.untrustworthy(what)) }
}
