import AVPrepCore
import AVPrepTorch

/// What a model says of every pair of a set: centre crops, no gradients.
struct PairScores {
    /// One score a pair, in the order of the set.
    private(set) var scores: [Float] = []
    /// 1 in sync, 0 not.
    private(set) var labels: [UInt8] = []
    let order: PairScore.Order

    /// Scores that were measured elsewhere.
    init(scores: [Float], labels: [UInt8], order: PairScore.Order) {
        self.scores = scores
        self.labels = labels
        self.order = order
    }

    /// How well the scores tell pairs in sync from others.
    var roc: ROC { ROC(scores: scores, labels: labels, inSync: order) }

    /// Says that all pairs score nearly the same: a model that has found the same answer for everything learns no more.
    /// Nil where they do not.
    var collapse: String? {
        let numbers = scores.filter(\.isFinite).map { Double($0) }
        guard numbers.count > 1 else { return nil }
        let mean = numbers.reduce(0, +) / Double(numbers.count)
        let deviation = (numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(numbers.count)).squareRoot()
        guard deviation <= 1e-4 * max(abs(mean), 1e-6) else { return nil }
        return "the model has collapsed: it says the same of all pairs"
    }

    /// Measures pairs of `dataset` once each.
    ///
    /// - Parameters:
    ///   - pairs: which ones; nil for all.
    ///   - progress: called after each batch with the number of pairs in it.
    /// - Throws: `CancellationError`, and what reading and the engine throw.
    init(
        of dataset: ShardDataset, pairs: [Int]? = nil, model: any RecipeModel, order: PairScore.Order,
        feed: BatchLoaderFactory, cancellation: Cancellation, progress: (Int) -> Void = { _ in }
    ) throws {
        self.order = order
        let loader = feed.evaluation(dataset, pairs: pairs)
        defer { loader.close() }
        let engine = model.store.engine
        try engine.withoutGradients {
            while let batch = try loader.nextBatch() {
                try cancellation.check()
                let tensors = try TensorBatch(batch, engine: engine)
                scores += try engine.inPrecision { try model.scores(of: tensors) }
                try engine.waitForCopies()
                labels += batch.labels.prefix(batch.count).map { UInt8($0) }
                progress(batch.count)
            }
        }
    }
}
