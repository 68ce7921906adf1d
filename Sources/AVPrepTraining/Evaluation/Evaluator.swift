import AVPrepClips
package import AVPrepCore
package import AVPrepModel
package import AVPrepTorch

/// Measures a trained run on the test split: accuracy and area under the curve, on easy and on hard negatives.
package struct Evaluator {
    let folder: RunFolder
    let shards: String
    let group: ProcessGroup?

    /// - Parameters:
    ///   - run: the run's folder.
    ///   - shards: the folder of shards.
    ///   - group: the processes that divide the pairs; nil for this one alone. They have parted when ``evaluate`` returns.
    package init(run: String, shards: String, group: ProcessGroup? = nil) {
        folder = RunFolder(run)
        self.group = group
        self.shards = shards
    }

    /// Evaluates on every set of ``TrainingRecipe/measuredSets`` that both the validation and the test split hold.
    ///
    /// - Parameters:
    ///   - weights: nil takes the best, or the last where validation was not possible.
    ///   - offsetClips: test clips in sync whose sound is moved by up to `offsetReach` frames, AVTS's 15; 0: none. Nor are
    ///     there any where the recipe's scores do not tell offsets.
    ///   - device: where to compute; nil for the run's own setting.
    ///   - checking: called after each shard whose bytes were compared with the index, on any thread.
    ///   - progress: called before each set of pairs, with its split and name.
    ///   - scored: called for each set with its test pairs' videos, labels (1 in sync) and scores, in the order of the set.
    /// - Throws: ``TrainingError`` when there is no such run or nothing to evaluate on; `CancellationError`.
    package func evaluate(
        weights: RunFolder.Weights? = nil, offsetClips: Int = 0, offsetReach: Int = 15, device: Engine.Device? = nil,
        threads: Int? = nil,
        cancellation: Cancellation = Cancellation(), checking: @Sendable (ShardCheckProgress) -> Void = { _ in },
        progress: (_ split: Split, _ set: String) -> Void = { _, _ in },
        scored: (_ set: String, _ videos: [String], _ labels: [UInt8], _ scores: [Float]) -> Void = { _, _, _, _ in }
    ) throws -> Evaluation {
        let ranks = try TrainingRanks(group)
        let weights = try weights ?? (ranks.shared(try folder.has(.best)) ? .best : .last)
        guard let checkpoint = try TrainingCheckpoint.loadIfThere(weights, of: folder, ranks) else {
            return try ranks.together {
                throw TrainingError(
                    .settings,
                    "\(folder.path) has no \(weights.rawValue) checkpoint; run `avprep train`, or name another run")
            }
        }
        let state = checkpoint.state
        let recipe = state.settings.recipe
        if let recipe = recipe as? SeparationRecipe {
            return try evaluate(
                recipe, checkpoint, weights, ranks: ranks, device: device, threads: threads, cancellation: cancellation,
                checking: checking, progress: progress)
        }
        let (shardSet, commonSet, datasets, inputs) = try ranks.together {
            try state.settings.checkValues()
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
                    set: $0, val: try recipe.dataset(.val, set: $0, of: shardSet),
                    test: try recipe.dataset(.test, set: $0, of: shardSet)
                )
            }
            return (shardSet, commonSet, datasets, try recipe.shapes(in: datasets.flatMap { [$0.val, $0.test] }))
        }
        try ranks.insistOnAgreement([
            "avprep": try ranks.programKey,
            "content of shards and pairs": try ShardDataset.contentKey(of: datasets.flatMap { [$0.val, $0.test] }),
        ])
        let engine = try ranks.engine(
            device ?? state.settings.device, threads: threads ?? state.settings.threads, state.settings)
        var checked = try ShardChecksumCache(run: folder)
        try checked.check(
            shardSet, splits: [.val, .test], threads: state.settings.loaderThreads, ranks: ranks,
            cancellation: cancellation, progress: checking)
        let model = try recipe.makeModel(inputs, seed: nil, engine: engine)
        try model.store.fill(from: checkpoint.model, source: folder.checkpoint(weights))
        let feed = try BatchLoaderFactory(
            settings: state.settings, inputs: inputs, statistics: state.statistics, engine: engine, ranks: ranks)
        func measure(_ dataset: ShardDataset, _ name: String? = nil) throws -> PairScores {
            progress(dataset.split, name ?? dataset.set)
            return try PairScores(
                of: dataset, model: model, order: recipe.score.order, feed: feed, ranks: ranks,
                cancellation: cancellation)
        }
        let measured = try datasets.map { sets in
            let (val, test) = (try measure(sets.val), try measure(sets.test))
            let videos = sets.test.videos
            scored(sets.set, videos, test.labels, test.scores)
            return Measured(set: sets.set, val: val.roc, test: test, videos: videos, seed: state.seed)
        }
        let offsets = try offsetHistogram(
            of: datasets[0].test, clips: recipe.tellsOffsets ? offsetClips : 0, reach: offsetReach, state,
            order: recipe.score.order
        ) { try measure($0, "offsets").scores }
        try group?.leave()
        return Evaluation(
            weights: weights, steps: state.step, epochs: state.epoch, thresholdRule: recipe.score.rule,
            commonSet: commonSet,
            sameShards: Self.isTrained(state, on: shardSet),
            shards: try ShardRecord(shardSet, reading: datasets.flatMap { [$0.val, $0.test] }),
            engine: EngineRecord(engine, ranks),
            conditions: measured.map { $0.condition(commonTo: measured[0].val) }, offsets: offsets)
    }

    /// Moves the sound of test clips in sync, and counts at which offset they score best.
    private func offsetHistogram(
        of dataset: ShardDataset, clips: Int, reach: Int, _ state: TrainingState, order: PairScore.Order,
        _ scores: (ShardDataset) throws -> [Float]
    ) throws -> OffsetHistogram? {
        guard clips > 0,
            let moved = try dataset.moved(
                reach: reach, limit: clips, seed: state.seed, spectrogram: state.settings.model.spectrogram)
        else { return nil }
        let values = try scores(moved)
        var counts = [Int](repeating: 0, count: 2 * reach + 1)
        for first in stride(from: 0, to: values.count, by: counts.count) {
            let own = values[first..<first + counts.count].map { order == .below ? $0 : -$0 }
            // Of several that are equally good the first is taken: a model that says the same of all finds nothing.
            if let best = own.indices.min(by: { own[$0] < own[$1] }) { counts[best] += 1 }
        }
        return OffsetHistogram(
            reach: reach, frameSeconds: 1 / dataset.fps, clips: values.count / counts.count, counts: counts)
    }

    /// What one test set has shown.
    private struct Measured {
        let set: String
        let val: ROC
        let test: PairScores
        let bootstrap: VideoBootstrap

        init(set: String, val: ROC, test: PairScores, videos: [String], seed: UInt64) {
            self.set = set
            self.val = val
            self.test = test
            bootstrap = VideoBootstrap(videos: videos, seed: seed)
        }

        func condition(commonTo common: ROC) -> Evaluation.Condition {
            let roc = test.roc
            return Evaluation.Condition(
                set: set, pairs: roc.inSyncCount + roc.outOfSyncCount, inSync: roc.inSyncCount,
                outOfSync: roc.outOfSyncCount, auc: roc.areaUnderCurve, aucInterval: test.areaInterval(bootstrap),
                videos: bootstrap.count, ownThreshold: decision(chosenOn: val),
                commonThreshold: decision(chosenOn: common))
        }

        private func decision(chosenOn validation: ROC) -> Evaluation.Decision {
            var decision = Evaluator.decision(chosenOn: validation, measuredOn: test.roc)
            decision.videoInterval = test.accuracyInterval(at: decision.threshold, bootstrap)
            return decision
        }
    }

    /// Whether the run learnt from these shards.
    static func isTrained(_ state: TrainingState, on shards: ShardSet) -> Bool {
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
