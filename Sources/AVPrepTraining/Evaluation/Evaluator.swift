import AVPrepClips
package import AVPrepCore
package import AVPrepModel
package import AVPrepTorch

/// Measures a trained run on the test split: accuracy and area under the curve, on easy and on hard negatives.
package struct Evaluator {
    private let folder: RunFolder
    private let shards: String

    /// - Parameters:
    ///   - run: the run's folder.
    ///   - shards: the folder of shards.
    package init(run: String, shards: String) {
        folder = RunFolder(run)
        self.shards = shards
    }

    /// Evaluates on every set of ``TrainingRecipe/measuredSets`` that both the validation and the test split hold.
    ///
    /// - Parameters:
    ///   - weights: nil takes the best, or the last where validation was not possible.
    ///   - device: where to compute; nil for the run's own setting.
    ///   - checking: called after each shard whose bytes were compared with the index, on any thread.
    ///   - progress: called before each set of pairs, with its split and name.
    /// - Throws: ``TrainingError`` when there is no such run or nothing to evaluate on; `CancellationError`.
    package func evaluate(
        weights: RunFolder.Weights? = nil, device: Engine.Device? = nil, threads: Int? = nil,
        cancellation: Cancellation = Cancellation(), checking: @Sendable (ShardCheckProgress) -> Void = { _ in },
        progress: (_ split: Split, _ set: String) -> Void = { _, _ in }
    ) throws -> Evaluation {
        let weights = try weights ?? (folder.has(.best) ? .best : .last)
        guard try folder.has(weights) else {
            throw TrainingError(
                .settings,
                "\(folder.path) has no \(weights.rawValue) checkpoint; run `avprep train`, or name another run")
        }
        let checkpoint = try TrainingCheckpoint.load(folder.checkpoint(weights))
        let state = checkpoint.state
        try state.settings.checkValues()
        let recipe = state.settings.recipe
        let shardSet = try ShardSet(shards)
        let sets = recipe.measuredSets.filter {
            shardSet.holds(.val, set: $0) && shardSet.holds(.test, set: $0)
        }
        guard let commonSet = sets.first else {
            throw TrainingError(
                .data,
                """
                \(shards) has no pairs to evaluate on: it takes a set \(recipe.measuredSets.joined(separator: " or ")) in both the val and the test \
                split; prepare more videos, or raise shard.split.val and shard.split.test
                """)
        }
        let datasets = try sets.map {
            (
                set: $0, val: try ShardDataset(.val, set: $0, of: shardSet),
                test: try ShardDataset(.test, set: $0, of: shardSet)
            )
        }
        let shape = try datasets[0].val.clipShape(state.settings.model)
        for dataset in datasets.flatMap({ [$0.val, $0.test] })
        where try dataset.clipShape(state.settings.model) != shape {
            throw TrainingError(.data, "the pair sets of \(shards) have clips of different length; shard them alike")
        }
        let engine = try Engine.load(
            device: device ?? state.settings.device, threads: threads ?? state.settings.threads)
        var checked = try ShardChecksumCache(run: folder)
        try checked.check(
            shardSet, splits: [.val, .test], threads: state.settings.loaderThreads, cancellation: cancellation,
            progress: checking)
        let model = try recipe.makeModel(shape, seed: nil, engine: engine)
        try model.store.fill(from: checkpoint.model, source: folder.checkpoint(weights))
        let feed = BatchLoaderFactory(settings: state.settings, shape: shape, statistics: state.statistics)
        func measure(_ dataset: ShardDataset) throws -> ROC {
            progress(dataset.split, dataset.set)
            return try PairScores(
                of: dataset, model: model, order: recipe.score.order, feed: feed, cancellation: cancellation
            ).roc
        }
        let measured = try datasets.map { (set: $0.set, val: try measure($0.val), test: try measure($0.test)) }
        return Evaluation(
            weights: weights, steps: state.step, epochs: state.epoch, thresholdRule: recipe.score.rule,
            commonSet: commonSet,
            sameShards: Self.isTrained(state, on: shardSet),
            shards: try ShardRecord(shardSet, reading: datasets.flatMap { [$0.val, $0.test] }),
            engine: EngineRecord(engine),
            conditions: measured.map { set, val, test in
                Evaluation.Condition(
                    set: set, pairs: test.inSyncCount + test.outOfSyncCount, inSync: test.inSyncCount,
                    outOfSync: test.outOfSyncCount, auc: test.areaUnderCurve,
                    ownThreshold: Self.decision(chosenOn: val, measuredOn: test),
                    commonThreshold: Self.decision(chosenOn: measured[0].val, measuredOn: test))
            })
    }

    /// Whether the run learnt from these shards.
    private static func isTrained(_ state: TrainingState, on shards: ShardSet) -> Bool {
        // Shards that lack a set of the run are others.
        let data = try? TrainingData(
            settings: state.settings, seed: state.seed, shards: shards, isResumed: true)
        return [data?.key, shards.digest.hex].contains(state.shards)
    }

    /// The decision that is best on `validation`, and how it does on `test`.
    static func decision(chosenOn validation: ROC, measuredOn test: ROC) -> Evaluation.Decision {
        let threshold = validation.bestThreshold ?? 0
        let right = Proportion(
            successes: test.correctCount(at: threshold), trials: test.inSyncCount + test.outOfSyncCount)
        return Evaluation.Decision(
            threshold: threshold, validationAccuracy: validation.accuracy(at: threshold) ?? 0, correct: right.successes,
            accuracy: right.value, interval: [right.interval.lowerBound, right.interval.upperBound])
    }
}
