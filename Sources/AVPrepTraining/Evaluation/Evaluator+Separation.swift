import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepTorch

extension Evaluator {
    /// Mixtures that are measured at most: their number takes time, and beyond this the interval hardly narrows.
    private static let mixtures = 128

    /// Measures mixtures of the test split by the pair set of the run's last stage.
    ///
    /// - Throws: as ``evaluate(weights:offsetClips:offsetReach:device:threads:cancellation:checking:progress:)``.
    func evaluate(
        _ recipe: SeparationRecipe, _ checkpoint: TrainingCheckpoint, _ weights: RunFolder.Weights,
        ranks: TrainingRanks, device: Engine.Device?, threads: Int?, cancellation: Cancellation,
        checking: @Sendable (ShardCheckProgress) -> Void, progress: (_ split: Split, _ set: String) -> Void
    ) throws -> Evaluation {
        let state = checkpoint.state
        let set = state.settings.stages.last?.set ?? ""
        let (shardSet, dataset, inputs) = try ranks.together {
            try state.settings.checkValues()
            let shardSet = try ShardSet(shards)
            guard shardSet.holds(.test, set: set) else {
                throw TrainingError(
                    .data,
                    """
                    \(shards) has no pairs to evaluate on: it takes the set \(set) in the test split; prepare more videos, or \
                    raise shard.split.test
                    """)
            }
            let dataset = try recipe.dataset(.test, set: set, of: shardSet)
            return (shardSet, dataset, try recipe.shapes(in: [dataset]))
        }
        try ranks.insistOnAgreement([
            "avprep": try ranks.programKey, "content of shards and pairs": dataset.contentKey,
        ])
        let engine = try ranks.engine(
            device ?? state.settings.device, threads: threads ?? state.settings.threads, state.settings)
        var checked = try ShardChecksumCache(run: folder)
        try checked.check(
            shardSet, splits: [.test], threads: state.settings.loaderThreads, ranks: ranks,
            cancellation: cancellation, progress: checking)
        let model = try recipe.separator(inputs, seed: nil, engine: engine)
        try model.store.fill(from: checkpoint.model, source: folder.checkpoint(weights))
        let feed = try BatchLoaderFactory(
            settings: state.settings, inputs: inputs, statistics: state.statistics, engine: engine, ranks: ranks)
        progress(.test, set)
        // Of a pair its pictures count: those of pairs out of sync are there twice.
        let labels = dataset.labels.joined().enumerated().filter { $0.element == 1 }.map(\.offset)
        var random = SeededRandom(seed: 1, for: "mixtures/\(set)")
        let pairs = random.shuffled(labels).prefix(Self.mixtures).sorted()
        let measure = SeparationMeasure(settings: recipe.settings, model: model)
        let scores = try measure.measure(
            dataset, pairs: pairs, feed: feed, ranks: ranks, cancellation: cancellation
        ) { _ in progress(.test, set) }
        let videos = dataset.videos
        try group?.leave()
        return Evaluation(
            weights: weights, steps: state.step, epochs: state.epoch, thresholdRule: "", commonSet: set,
            sameShards: Self.isTrained(state, on: shardSet), shards: try ShardRecord(shardSet, reading: [dataset]),
            engine: EngineRecord(engine, ranks), conditions: [], offsets: nil,
            separation: measure.result(
                scores, set: set, videos: pairs.map { videos[$0] }, seed: state.seed))
    }
}
