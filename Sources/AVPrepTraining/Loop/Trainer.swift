package import AVPrepCore
import AVPrepModel
import AVPrepTorch
import Foundation

/// Trains a two-stream network on shards, epoch by epoch through the stages of a curriculum.
///
/// The same call again goes on exactly where the last checkpoint stands, whatever ended the process: on a CPU with the
/// same number of threads the final weights are those of a run that never stopped.
package struct Trainer {
    /// How a call of ``run(cancellation:progress:)`` ended.
    package enum Outcome: Sendable, Equatable {
        /// The last epoch is over; so many steps were taken in all.
        case finished(steps: Int)
        /// It had been over before: nothing was done.
        case wasFinished(steps: Int)
    }

    private let settings: TrainSettings
    private let seed: UInt64
    private let shards: String
    private let folder: RunFolder

    /// - Parameters:
    ///   - seed: decides first weights, order, and crops.
    ///   - shards: the folder of shards.
    ///   - run: the run's folder; it is made.
    package init(settings: TrainSettings, seed: UInt64, shards: String, run: String) {
        self.settings = settings
        self.seed = seed
        self.shards = shards
        folder = RunFolder(run)
    }

    /// Trains to the end of the last stage.
    ///
    /// - Parameters:
    ///   - cancellation: looked at between steps; what was learnt is saved first.
    ///   - checking: called after each shard whose bytes were compared with the index, on any thread.
    ///   - progress: called after every step, on the caller's thread.
    /// - Throws: ``TrainingError`` when settings, shards or the engine do not serve, when settings that decide what is
    ///   learnt are not those that the run began with, or when the loss is no number any more; `CancellationError`.
    package func run(
        cancellation: Cancellation, checking: @Sendable (ShardCheckProgress) -> Void = { _ in },
        progress: (TrainingProgress) -> Void
    ) throws -> Outcome {
        try settings.validate()
        try folder.prepare()
        let shardFolder = try ShardFolder(shards)
        let checkpoint = folder.has(.last) ? try TrainingCheckpoint.load(folder.checkpoint(.last)) : nil
        if let state = checkpoint?.state,
            let change = try state.change(to: settings, seed: seed)
        {
            throw TrainingError(
                .settings,
                """
                \(folder.path) is at step \(state.step) of a run with other settings: \(change); give the run another \
                name (train.name), or set it back
                """)
        }
        let data = try TrainingData(settings: settings, seed: seed, shards: shardFolder)
        if let state = checkpoint?.state, ![data.key, shardFolder.digest.hex].contains(state.shards) {
            throw TrainingError(
                .data,
                """
                \(folder.path) is at step \(state.step) of a run on other shards than those in \(shards): videos came or \
                went, or pairs were drawn again, since it began; give the run another name (train.name, or \
                `avprep train --name`) to train on what is there now
                """)
        }
        if let state = checkpoint?.state, state.epoch >= data.schedule.epochs.count,
            [folder.videoWeights, folder.audioWeights].allSatisfy(FileManager.default.fileExists)
        {
            return .wasFinished(steps: state.step)
        }
        let engine = try Engine.load(device: settings.device, threads: settings.threads)
        var checked = try ShardChecksumCache(run: folder)
        try checked.check(
            shardFolder, splits: [.train, .val], threads: settings.loaderThreads, cancellation: cancellation,
            progress: checking)
        let state =
            try checkpoint?.state
            ?? TrainingState(
                seed: seed, settings: settings, shards: data.key,
                statistics: SpectrogramStatistics.training(
                    settings.model.spectrogram, of: data.training[0], in: shardFolder.index),
                plateau: LearningRatePlateau(learningRate: settings.optimizer.learningRate))
        let session = try TrainingSession(
            settings: settings, data: data, folder: folder, state: state, engine: engine, checkpoint: checkpoint)
        try session.run(cancellation: cancellation, progress: progress)
        return .finished(steps: session.state.step)
    }
}

/// What a run learns from, and in which order.
struct TrainingData {
    /// The pairs of each stage.
    let training: [ShardDataset]
    /// The order of each stage's epochs.
    let orders: [EpochOrder]
    /// The pairs that validation measures, by name of their set: none where the split is empty.
    let validation: [(set: String, dataset: ShardDataset)]
    let schedule: TrainingSchedule
    let shape: ClipShape
    /// Stands for the shards and pairs of all of these.
    let key: String

    /// - Throws: ``TrainingError`` when a set is missing, cannot fill a batch, or its clips are unlike the others'.
    init(settings: TrainSettings, seed: UInt64, shards: ShardFolder) throws {
        training = try settings.stages.map { try shards.dataset(.train, set: $0.set) }
        validation = try RunReports.validationSets.filter { shards.holds(.val, set: $0) }.map {
            ($0, try shards.dataset(.val, set: $0))
        }
        shape = try training[0].clipShape(settings.model)
        for dataset in training.dropFirst() + validation.map(\.dataset)
        where try dataset.clipShape(settings.model) != shape {
            throw TrainingError(
                .data,
                "the pair sets \(training[0].set) and \(dataset.set) have clips of different length; shard them alike")
        }
        orders = try zip(settings.stages, training).enumerated().map { index, stage in
            try EpochOrder(
                labels: stage.1.labels, storedEpochs: stage.1.storedEpochs, batchSize: settings.batchSize,
                pairsPerEpoch: settings.pairsPerEpoch,
                name: "stage \(index) \(stage.0.name), set \(stage.0.set)", seed: seed)
        }
        schedule = TrainingSchedule(stages: settings.stages, steps: orders.map(\.stepsPerEpoch))
        key = try CanonicalJSON.key(of: (training + validation.map(\.dataset)).map(\.contentKey))
    }
}
