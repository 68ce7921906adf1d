import AVPrepCore
import AVPrepTorch
import Foundation

/// Where the passes of a run get their batches: buffers that all of them share, one pass at a time.
struct BatchLoaderFactory {
    /// Memory that prepared batches take at most, unless two of them need more.
    static let memoryLimit = 4 << 30

    private let settings: TrainSettings
    private let reading: [any SampleInput]
    private let inputs: [InputShape]
    private let statistics: SpectrogramStatistics
    private let buffers: [Batch]
    private let threads: Int
    private let ranks: TrainingRanks
    /// Pairs of a batch in this process.
    let batchSize: Int

    /// - Parameters:
    ///   - inputs: what the recipe of these settings is fed.
    ///   - reading: the inputs that are read; nil for the recipe's.
    ///   - engine: what batches are made for; nil for none.
    ///   - ranks: the processes that divide each batch.
    /// - Throws: `TorchError` for want of memory.
    init(
        settings: TrainSettings, inputs: [InputShape], reading: [any SampleInput]? = nil,
        statistics: SpectrogramStatistics, engine: Engine? = nil,
        ranks: TrainingRanks = TrainingRanks()
    ) throws {
        self.settings = settings
        self.ranks = ranks
        batchSize = ranks.share(ofBatch: settings.batchSize).count
        self.inputs = inputs
        self.reading = reading ?? settings.recipe.inputs
        self.statistics = statistics
        let capacity = batchSize
        let count = Self.bufferCount(settings, inputs: inputs, batchSize: capacity)
        buffers = try (0..<count).map { _ in try Batch(capacity: capacity, inputs: inputs, engine: engine) }
        threads = settings.loaderThreads > 0 ? settings.loaderThreads : ranks.cores
    }

    /// Batches of this size that are prepared ahead.
    static func bufferCount(_ settings: TrainSettings, inputs: [InputShape], batchSize: Int) -> Int {
        let bytes = Batch.byteCount(capacity: batchSize, inputs: inputs)
        return max(2, min(settings.prefetchBatches + 1, Self.memoryLimit / bytes))
    }

    /// A pass of training over this process's share of `order`, from batch `firstBatch` on. `seed` decides the crops, by
    /// the place of a pair in the whole order.
    func training(_ dataset: ShardDataset, order: [Int], firstBatch: Int, seed: UInt64) -> BatchLoader {
        loader(
            dataset, order: ranks.share(of: order, batchSize: settings.batchSize), firstBatch: firstBatch,
            Augmentation(scale: settings.cropRange, flip: settings.flip, seed: seed))
    }

    /// A pass over these pairs, or over every pair once, in order, cut from the middle.
    func evaluation(_ dataset: ShardDataset, pairs: [Int]? = nil) -> BatchLoader {
        loader(
            dataset, order: pairs ?? Array(0..<dataset.count), firstBatch: 0,
            Augmentation(scale: settings.cropRange, flip: false, seed: nil))
    }

    private func loader(_ dataset: ShardDataset, order: [Int], firstBatch: Int, _ augmentation: Augmentation)
        -> BatchLoader
    {
        BatchLoader(
            order: order, batchSize: batchSize, firstBatch: firstBatch, buffers: buffers, threads: threads
        ) {
            [
                reading, inputs, ranks, whole = settings.batchSize,
                context = InputContext(augmentation, statistics: [settings.model.spectrogram: statistics])
            ]
            in
            // A reader that cannot be made fails at the first pair, where the consumer hears of it.
            let reader = Result { try SampleReader(dataset, reading, inputs, context) }
            return { pair, position, batch, slot in
                try reader.get().read(
                    pair, position: ranks.position(position, batchSize: whole), into: batch, slot: slot)
            }
        }
    }
}
