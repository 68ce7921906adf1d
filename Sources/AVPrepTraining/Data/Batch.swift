package import AVPrepModel

/// The shape of what the network is fed: one picture clip and one sound clip a pair.
package struct ClipShape: Sendable, Equatable {
    /// Frames of the picture clip: T.
    package var frames: Int
    /// Side of the square picture in pixels: S.
    package var size: Int
    /// Frames of the spectrogram: F.
    package var audioFrames: Int
    /// Bins of a spectrogram frame: B.
    package var audioBins: Int

    package init(frames: Int, size: Int, audioFrames: Int, audioBins: Int) {
        precondition(frames > 0 && size > 0 && audioFrames > 0 && audioBins > 0, "clips of nothing")
        self.frames = frames
        self.size = size
        self.audioFrames = audioFrames
        self.audioBins = audioBins
    }

    /// Values of one picture clip.
    package var videoCount: Int { 3 * frames * size * size }
    /// Values of one sound clip.
    package var audioCount: Int { audioFrames * audioBins }
}

/// Pairs as the network takes them, in buffers that are made once and filled again and again.
///
/// A batch belongs to the loader's workers until it is delivered, then to the consumer until it asks for the next.
package final class Batch: @unchecked Sendable {
    // Sendable under the rule above: the workers write to disjoint slots, then the loader's lock hands the batch on.

    package let shape: ClipShape
    /// Pairs it has room for.
    package let capacity: Int
    /// Pairs in it: the last batch of an evaluation may be smaller.
    package private(set) var count = 0
    /// Which pairs of the set they are.
    package private(set) var pairs: ArraySlice<Int> = []
    /// Pictures, `[pair, channel (RGB), frame, y, x]` row-major, with torchvision's mean and deviation taken out.
    package let video: UnsafeMutableBufferPointer<Float>
    /// Sounds, `[pair, 1, frame, bin]` row-major, with the training set's mean and deviation of each bin taken out.
    package let audio: UnsafeMutableBufferPointer<Float>
    /// 1 for a pair in sync, 0 for one that is not: the y of the loss.
    package let labels: UnsafeMutableBufferPointer<Float>
    /// What each pair is.
    package let kinds: UnsafeMutableBufferPointer<PairKind>

    /// - Parameter capacity: pairs it has room for, > 0.
    package init(capacity: Int, shape: ClipShape) {
        precondition(capacity > 0, "a batch of \(capacity)")
        self.capacity = capacity
        self.shape = shape
        video = .allocate(capacity: capacity * shape.videoCount)
        video.initialize(repeating: 0)
        audio = .allocate(capacity: capacity * shape.audioCount)
        audio.initialize(repeating: 0)
        labels = .allocate(capacity: capacity)
        labels.initialize(repeating: 0)
        kinds = .allocate(capacity: capacity)
        kinds.initialize(repeating: .positive)
    }

    deinit {
        video.deallocate()
        audio.deallocate()
        labels.deallocate()
        kinds.deallocate()
    }

    /// Bytes of one batch, for bounds on memory.
    package static func byteCount(capacity: Int, shape: ClipShape) -> Int {
        capacity * (shape.videoCount + shape.audioCount) * MemoryLayout<Float>.stride
    }

    /// Declares which pairs come in; their content is still the former one.
    func begin(_ pairs: ArraySlice<Int>) {
        precondition(pairs.count <= capacity, "\(pairs.count) pairs in a batch of \(capacity)")
        self.pairs = pairs
        count = pairs.count
    }

    /// Where the picture clip of one slot goes.
    func video(slot: Int) -> UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(rebasing: video[slot * shape.videoCount..<(slot + 1) * shape.videoCount])
    }

    /// Where the sound clip of one slot goes.
    func audio(slot: Int) -> UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(rebasing: audio[slot * shape.audioCount..<(slot + 1) * shape.audioCount])
    }
}
