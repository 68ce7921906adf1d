import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepStore

/// What a run learns from, and in which order.
struct TrainingData {
    /// The pairs of each stage.
    let training: [ShardDataset]
    /// The order of each stage's epochs.
    let orders: [EpochOrder]
    /// The pairs that validation measures, by name of their set: none where the split is empty.
    let validation: [(set: String, dataset: ShardDataset)]
    /// What the samples of all of these consist of.
    let inputs: [InputShape]
    /// Stands for the shards and pairs of all of these, and for the labels that a recipe reads.
    let key: String
    /// The same without labels: what runs have stored that were begun before those counted.
    let keyWithoutLabels: String

    /// - Parameters:
    ///   - classes: what a classifier learns from, in place of pair sets.
    ///   - isResumed: whether the run has been trained on such clips before. One that was begun when a model could
    ///   take fewer frames than a clip has goes on as it began; a run that begins must not.
    /// - Throws: ``TrainingError`` when a set is missing, cannot fill a batch, its clips are unlike the others', or they have
    ///   another number of frames than the settings say.
    init(
        settings: TrainSettings, seed: UInt64, shards: ShardSet, classes: ClassTraining? = nil, isResumed: Bool
    ) throws {
        let recipe = settings.recipe
        training = try settings.stages.map { stage in
            guard let classes else { return try recipe.dataset(.train, set: stage.set, of: shards) }
            return try classes.videos.training(
                of: shards, clipSeconds: classes.clipSeconds, perVideo: classes.perVideo,
                epochs: max(1, min(stage.epochs, ClassTraining.mostEpochs)), seed: seed)
        }
        validation = try recipe.measuredSets.filter { shards.holds(.val, set: $0) }.map {
            ($0, try recipe.dataset(.val, set: $0, of: shards))
        }
        if !isResumed { for dataset in training { try dataset.checkAgreement(with: settings.model) } }
        inputs = try recipe.shapes(in: training + validation.map(\.dataset))
        orders = try zip(settings.stages, training).enumerated().map { index, stage in
            try EpochOrder(
                labels: stage.1.labels, shown: recipe.shownPairs, storedEpochs: stage.1.storedEpochs,
                batchSize: settings.batchSize,
                pairsPerEpoch: settings.pairsPerEpoch,
                name: "stage \(index) \(stage.0.name), set \(stage.0.set)", seed: seed)
        }
        let datasets = training + validation.map(\.dataset)
        keyWithoutLabels = try ShardDataset.contentKey(of: datasets)
        let labelled =
            classes == nil && recipe.inputs.contains { $0 is LabelInput } ? Set(datasets.flatMap(\.shardNames)) : []
        let labels = labelled.sorted().map { shards.index.labelFiles?[LabelFile.name(forShard: $0)] ?? "none" }
        key = labels.isEmpty ? keyWithoutLabels : try CanonicalJSON.key(of: [keyWithoutLabels] + labels)
    }

    /// The epochs of the whole run.
    ///
    /// - Parameters:
    ///   - stages: those that this was made for.
    ///   - rounds: how often the last one is repeated.
    func schedule(_ stages: [StageSettings], rounds: Int) -> TrainingSchedule {
        TrainingSchedule(stages: stages, steps: orders.map(\.stepsPerEpoch), rounds: rounds)
    }

    /// Every set that is read.
    var datasets: [ShardDataset] { training + validation.map(\.dataset) }
}
