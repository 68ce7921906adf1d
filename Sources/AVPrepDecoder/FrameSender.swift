import AVPrepMedia
import AVPrepModel

/// Sends the output of a pass to the client through shared memory; pictures are scaled directly into it.
final class FrameSender: PictureSupplier {
    /// Called with each frame's index before it is sent.
    var beforeFrame: ((Int) -> Void)?
    private let channel: Channel
    private let memory: SharedMemory
    private let layout: RingLayout
    private let formats: [AudioFormat]
    /// Messages per picture slot that are not yet released.
    private var pictureUses: [Int]
    private var usedSoundSlots = 0
    private var nextSoundSlot = 0
    /// Picture slot of the last supplied picture.
    private var current: Int
    /// Sent and not yet released messages, oldest first: a picture slot, or nil for audio.
    private var pending: [Int?] = []

    /// The client has closed the connection.
    struct Unwanted: Error {}

    /// - Parameters:
    ///   - descriptor: of the memory; closed by this object.
    ///   - formats: of the audio to be sent.
    init(_ channel: Channel, _ descriptor: Int32, _ layout: RingLayout, formats: [AudioFormat] = []) throws {
        guard layout.isSound else { throw Unwanted() }
        self.formats = formats
        self.channel = channel
        self.layout = layout
        memory = try SharedMemory(adopting: descriptor, byteCount: layout.byteCount)
        pictureUses = Array(repeating: 0, count: layout.pictureSlots)
        current = layout.pictureSlots - 1
    }

    func nextPicture(width: Int, height: Int) throws -> PixelBuffer {
        guard width * height * 3 <= layout.pictureBytes else { throw Unwanted() }
        while true {
            let candidates = (1...layout.pictureSlots).map { (current + $0) % layout.pictureSlots }
            if let free = candidates.first(where: { pictureUses[$0] == 0 }) {
                current = free
                return memory.picture(free, of: layout, width: width, height: height)
            }
            try awaitRelease()
        }
    }

    func consume(frame picture: PixelBuffer, index: Int) throws {
        beforeFrame?(index)
        try send(Signal(.frame, slot: current, index: index), use: current)
        pictureUses[current] += 1
    }

    func consume(samples: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) throws {
        // Whole sample frames: there are one or two channels.
        let channels = formats[format].channels
        let capacity = layout.soundSamples / channels * channels
        guard capacity > 0 else { throw Unwanted() }
        var start = 0
        while start < samples.count {
            while usedSoundSlots == layout.soundSlots { try awaitRelease() }
            let count = min(capacity, samples.count - start)
            let target = memory.samples(nextSoundSlot, of: layout)
            _ = target.update(fromContentsOf: samples[start..<start + count])
            try send(
                Signal(
                    .samples, slot: nextSoundSlot, index: firstSample + start / channels, format: format,
                    count: count / channels), use: nil)
            usedSoundSlots += 1
            nextSoundSlot = (nextSoundSlot + 1) % layout.soundSlots
            start += count
        }
    }

    func consumeDiscontinuity(beforeFrame index: Int, seconds: Double) throws {
        guard channel.send(Signal(.discontinuity, index: index, seconds: seconds)) else { throw Unwanted() }
    }

    func consume(repair: AudioRepair, ofFrame index: Int) throws {
        let signal = Signal(
            .repair, index: index, format: repair.driftPPM == nil ? 0 : 1,
            count: Int(((repair.driftPPM ?? 0) * 1000).rounded()), seconds: repair.patchedSeconds)
        guard channel.send(signal) else { throw Unwanted() }
    }

    /// Sends a picture that is not in shared memory yet.
    func send(_ frame: SpreadFrame, index: Int) throws {
        let slot = try nextPicture(width: frame.picture.width, height: frame.picture.height)
        slot.copyPixels(from: frame.picture)
        try send(Signal(.picture, slot: current, index: index, seconds: frame.seconds), use: current)
        pictureUses[current] += 1
    }

    private func send(_ signal: Signal, use slot: Int?) throws {
        guard channel.send(signal) else { throw Unwanted() }
        pending.append(slot)
    }

    private func awaitRelease() throws {
        guard let signal = channel.receive({ bytes, _ in Signal(bytes) }), signal.kind == .release,
            (1...max(1, pending.count)).contains(signal.count), signal.count <= pending.count
        else { throw Unwanted() }
        for slot in pending[..<signal.count] {
            if let slot { pictureUses[slot] -= 1 } else { usedSoundSlots -= 1 }
        }
        pending.removeFirst(signal.count)
    }
}
