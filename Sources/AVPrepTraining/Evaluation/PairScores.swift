import AVPrepCore
import AVPrepTorch

/// What a model says of every pair of a set: centre crops, no gradients.
struct PairScores {
    /// One score a pair, in the order of the set.
    private(set) var scores: [Float] = []
    /// 1 in sync, 0 not.
    private(set) var labels: [UInt8] = []
    private let order: PairScore.Order

    /// How well the scores tell pairs in sync from others.
    var roc: ROC { ROC(scores: scores, labels: labels, inSync: order) }

    /// Measures every pair of `dataset` once.
    ///
    /// - Throws: `CancellationError`, and what reading and the engine throw.
    init(
        of dataset: ShardDataset, model: any RecipeModel, order: PairScore.Order, feed: BatchLoaderFactory,
        cancellation: Cancellation
    ) throws {
        self.order = order
        let loader = feed.evaluation(dataset)
        defer { loader.close() }
        try model.store.engine.withoutGradients {
            while let batch = try loader.nextBatch() {
                try cancellation.check()
                scores += try model.scores(of: batch)
                labels += batch.labels.prefix(batch.count).map { UInt8($0) }
            }
        }
    }
}
