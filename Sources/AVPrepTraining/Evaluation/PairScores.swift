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

    /// Measures pairs of `dataset` once each, the processes of a run a batch in turn.
    ///
    /// - Parameters:
    ///   - pairs: which ones; nil for all.
    ///   - progress: called after each batch with the number of pairs in it.
    /// - Throws: `CancellationError`, and what reading and the engine throw.
    init(
        of dataset: ShardDataset, pairs: [Int]? = nil, model: any RecipeModel, order: PairScore.Order,
        feed: BatchLoaderFactory, ranks: TrainingRanks, cancellation: Cancellation, progress: (Int) -> Void = { _ in }
    ) throws {
        self.order = order
        let pairs = pairs ?? Array(0..<dataset.count)
        let starts = stride(from: 0, to: pairs.count, by: feed.batchSize)
        let own = starts.enumerated().filter { $0.offset % ranks.count == ranks.rank }.flatMap { _, start in
            pairs[start..<min(start + feed.batchSize, pairs.count)]
        }
        let loader = feed.evaluation(dataset, pairs: own)
        defer { loader.close() }
        let engine = model.store.engine
        try engine.withoutGradients {
            var measured = 0
            while measured < pairs.count {
                // A process may have none in the last round.
                let batch = try loader.nextBatch()
                if ranks.group == nil { try cancellation.check() }
                var found: [Float] = []
                if let batch {
                    let tensors = try TensorBatch(batch, engine: engine)
                    found = try engine.inPrecision { try model.scores(of: tensors) }
                    try engine.waitForCopies()
                }
                let labels = batch.map { $0.labels.prefix($0.count).map { UInt8($0) } } ?? []
                let count = self.scores.count
                try add(found, labels, of: ranks, capacity: feed.batchSize, cancellation)
                precondition(self.scores.count > count, "a round without pairs")
                measured = self.scores.count
                progress(measured - count)
            }
        }
    }

    /// Adds a round's scores of all processes, by rank: the order of the set.
    private mutating func add(
        _ found: [Float], _ labels: [UInt8], of ranks: TrainingRanks, capacity: Int, _ cancellation: Cancellation
    ) throws {
        guard let group = ranks.group else {
            scores += found
            self.labels += labels
            return
        }
        let space = [Double](repeating: 0, count: capacity - found.count)
        let own =
            [Double(cancellation.requested?.rawValue ?? 0), Double(found.count)] + found.map(Double.init) + space
            + labels.map(Double.init) + space
        let all = try group.gather(own)
        try ranks.agree(on: all.map { $0[0] }, cancellation)
        for values in all {
            let count = Int(values[1])
            scores += values[2..<2 + count].map { Float($0) }
            self.labels += values[2 + capacity..<2 + capacity + count].map { UInt8($0) }
        }
    }
}
