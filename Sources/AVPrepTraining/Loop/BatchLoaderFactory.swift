import AVPrepCore
import AVPrepTorch
import Foundation

/// Where the passes of a run get their batches: buffers that all of them share, one pass at a time.
struct BatchLoaderFactory {
    /// Memory that prepared batches take at most, unless two of them need more.
    static let memoryLimit = 4 << 30

    private let settings: TrainSettings
    private let shape: ClipShape
    private let statistics: SpectrogramStatistics
    private let buffers: [Batch]
    private let threads: Int

    init(settings: TrainSettings, shape: ClipShape, statistics: SpectrogramStatistics) {
        self.settings = settings
        self.shape = shape
        self.statistics = statistics
        let bytes = Batch.byteCount(capacity: settings.batchSize, shape: shape)
        let count = max(2, min(settings.prefetchBatches + 1, Self.memoryLimit / bytes))
        buffers = (0..<count).map { _ in Batch(capacity: settings.batchSize, shape: shape) }
        threads = settings.loaderThreads > 0 ? settings.loaderThreads : AvailableProcessors.count
    }

    /// A pass of training over `order`, from batch `firstBatch` on. `seed` decides the crops.
    func training(_ dataset: ShardDataset, order: [Int], firstBatch: Int, seed: UInt64) -> BatchLoader {
        loader(
            dataset, order: order, firstBatch: firstBatch,
            Augmentation(scale: settings.cropRange, flip: settings.flip, seed: seed))
    }

    /// A pass over every pair once, in order, cut from the middle.
    func evaluation(_ dataset: ShardDataset) -> BatchLoader {
        loader(
            dataset, order: Array(0..<dataset.count), firstBatch: 0,
            Augmentation(scale: settings.cropRange, flip: false, seed: nil))
    }

    private func loader(_ dataset: ShardDataset, order: [Int], firstBatch: Int, _ augmentation: Augmentation)
        -> BatchLoader
    {
        BatchLoader(
            order: order, batchSize: settings.batchSize, firstBatch: firstBatch, buffers: buffers, threads: threads
        ) { [shape, statistics, spectrogram = settings.model.spectrogram] in
            // A reader that cannot be made fails at the first pair, where the consumer hears of it.
            let reader = Result {
                try ClipReader(
                    dataset, shape: shape, spectrogram: spectrogram, statistics: statistics,
                    augmentation: augmentation)
            }
            return { try reader.get().read($0, position: $1, into: $2, slot: $3) }
        }
    }
}
