package import AVPrepClips
import AVPrepCore
package import AVPrepModel
package import AVPrepTorch

/// What one input is in every sample: its name, and the type and sizes of its values, row-major.
package struct InputShape: Sendable, Equatable {
    package let name: String
    package let type: ElementType
    package let sizes: [Int]

    package init(name: String, type: ElementType, sizes: [Int]) {
        precondition(!sizes.isEmpty && sizes.allSatisfy { $0 > 0 }, "\(name) of \(sizes)")
        self.name = name
        self.type = type
        self.sizes = sizes
    }

    /// Values of one sample.
    package var count: Int { sizes.reduce(1, *) }
    package var byteCount: Int { count * type.byteCount }
}

extension [InputShape] {
    /// The input of this name.
    package subscript(name: String) -> InputShape? { first { $0.name == name } }
}

/// One of the inputs that a recipe's samples have: what of a pair's clips it is, and how it is made of them.
///
/// A recipe lists its inputs (``TrainingRecipe/inputs``); the loader, batches and checkpoints know nothing else of them.
package protocol SampleInput: Sendable {
    var name: String { get }

    /// What it is in every pair of a set, once it is certain that every pair has it.
    ///
    /// - Throws: ``TrainingError`` naming the shard and the segment that lack it, or what the shards hold instead.
    func shape(in dataset: ShardDataset) throws -> InputShape

    /// Makes what reads it from a set's shards, for one thread.
    ///
    /// - Parameter shape: what ``shape(in:)`` says.
    func makeReader(_ dataset: ShardDataset, _ shape: InputShape, _ context: InputContext) throws -> any InputReader
}

/// What reading takes besides the shards.
package struct InputContext: Sendable {
    package var augmentation: Augmentation
    /// What spectrograms are normalised with, by their stored names.
    package var statistics: [String: SpectrogramStatistics]

    package init(_ augmentation: Augmentation, statistics: [String: SpectrogramStatistics]) {
        self.augmentation = augmentation
        self.statistics = statistics
    }
}

/// Reads one input of pairs. Belongs to one thread; its buffers are used again for every pair.
package protocol InputReader: AnyObject {
    /// - Parameter output: all of the input's bytes in one sample.
    func read(_ sample: Sample, into output: UnsafeMutableRawBufferPointer) throws
}

/// A pair that is read.
package struct Sample {
    package let pair: Pair
    /// The shard that it lies in.
    package let reader: ShardReader
    /// Its place in the pass, which is all that random choices depend on besides the pass's seed.
    package let position: Int
}

/// How samples are varied.
package struct Augmentation: Sendable, Equatable {
    /// Range of the crop's side as a share of the picture's shorter side.
    package var scale: ClosedRange<Double>
    /// Whether clips are mirrored at random.
    package var flip: Bool
    /// What the choices of a pass are drawn with, each sample's from its own stream; nil for evaluation, which cuts from
    /// the middle and varies nothing.
    package var seed: UInt64?

    package init(scale: ClosedRange<Double>, flip: Bool, seed: UInt64?) {
        self.scale = scale
        self.flip = flip
        self.seed = seed
    }

    /// What a sample's crop is drawn with, by its place in the pass; nil in evaluation.
    func random(at position: Int) -> SeededRandom? { stream(at: position).map { SeededRandom(seed: $0) } }

    /// A stream of its own for another variation of the sample.
    func random(at position: Int, for name: String) -> SeededRandom? {
        stream(at: position).map { SeededRandom(seed: $0, for: name) }
    }

    private func stream(at position: Int) -> UInt64? { seed.map { SeededRandom.combine($0, UInt64(position)) } }
}
