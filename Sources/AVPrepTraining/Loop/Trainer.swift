import AVPrepClips
package import AVPrepCore
import AVPrepModel
package import AVPrepTorch
import Foundation

/// Trains a recipe's model on shards, epoch by epoch through the stages of a curriculum.
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
    private let base: String
    private let group: ProcessGroup?
    private let classes: ClassTraining?

    /// - Parameters:
    ///   - seed: decides first weights, order, and crops.
    ///   - shards: the folder of shards.
    ///   - run: the run's folder; it is made.
    ///   - base: where relative paths of the settings start.
    ///   - group: the processes that train this run together; nil for this one alone. They have parted when ``run`` returns,
    ///     or throws that it was cancelled.
    ///   - classes: what a classifier learns from (``TrainSettings/classifier``), in place of pair sets.
    package init(
        settings: TrainSettings, seed: UInt64, shards: String, run: String, base: String = ".",
        group: ProcessGroup? = nil, classes: ClassTraining? = nil
    ) {
        self.classes = classes
        self.base = base
        self.group = group
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
    ///   - measuring: called before the memory of a step is measured, which takes a few steps of time.
    ///   - beginning: called once before the first step, when shards and settings are known to serve; what it throws keeps
    ///     the run from beginning. Not called for a run that was finished before, and by rank 0 alone.
    ///   - progress: called after every step, on the caller's thread.
    /// - Throws: ``TrainingError`` when settings, shards or the engine do not serve, when settings that decide what is
    ///   learnt are not those that the run began with, or when the loss is no number any more; `CancellationError`.
    package func run(
        cancellation: Cancellation, checking: @Sendable (ShardCheckProgress) -> Void = { _ in },
        measuring: () -> Void = {},
        beginning: (RunBeginning) throws -> Void = { _ in }, progress: (TrainingProgress) -> Void
    ) throws -> Outcome {
        var settings = settings
        let ranks = try TrainingRanks(group)
        let shardSet = try ranks.together {
            try settings.validate(processes: ranks.count)
            if ranks.leads { try folder.prepare() }
            return try ShardSet(shards)
        }
        try ranks.insistOnAgreement([
            "avprep": try ranks.programKey, "train setting": CanonicalJSON.encode(settings), "seed": "\(seed)",
            "index of shards": shardSet.digest.hex,
        ])
        var checkpoint = try TrainingCheckpoint.loadIfThere(.last, of: folder, ranks)
        // Who asks for what the shards hold gets what the run has taken so far; its shards must be the same.
        if settings.model.frames == 0, let state = checkpoint?.state {
            settings.model.frames = state.settings.model.frames
        }
        if let state = checkpoint?.state,
            let change = try state.change(to: settings, seed: seed)
        {
            try ranks.together {
                throw TrainingError(
                    .settings,
                    """
                    \(folder.path) is at step \(state.step) of a run with other settings: \(change); give the run another \
                    name (\(TrainKey.name)), or set it back
                    """)
            }
        }
        let data = try ranks.together {
            try TrainingData(
                settings: settings, seed: seed, shards: shardSet, classes: classes, isResumed: checkpoint != nil)
        }
        try ranks.insistOnAgreement(["content of shards and pairs": data.key])
        settings.model.frames = data.inputs[PictureInput.name]?.sizes[0] ?? 0
        if var state = checkpoint?.state {
            let isOver = state.epoch >= data.schedule(settings.stages, rounds: state.rounds).epochs.count
            if ![data.key, data.keyWithoutLabels, shardSet.digest.hex].contains(state.shards) {
                try ranks.together {
                    guard settings.grownShards == .goOn else { throw otherShards(at: state) }
                    for dataset in data.training { try dataset.checkAgreement(with: settings.model) }
                }
                state.move(to: data.key, isOver: isOver)
                checkpoint?.state = state
            } else if isOver,
                try ranks.shared(
                    settings.recipe.weightFiles.map(folder.weights).allSatisfy(FileManager.default.fileExists))
            {
                try group?.leave()
                return .wasFinished(steps: state.step)
            }
        }
        let engine = try ranks.engine(settings.device, threads: settings.threads, settings)
        try ranks.together {
            try engine.checkPrecision()
            try engine.keepMemory()
        }
        var checked = try ShardChecksumCache(run: folder)
        try checked.check(
            shardSet, splits: classes == nil ? [.train, .val] : Set(Split.allCases), threads: settings.loaderThreads,
            ranks: ranks,
            cancellation: cancellation, progress: checking)
        let state =
            try checkpoint?.state
            ?? ranks.shared(
                TrainingState(
                    seed: seed, settings: settings, shards: data.key,
                    statistics: settings.recipe.hearsSpectrogram
                        ? SpectrogramStatistics.training(
                            settings.model.spectrogram, of: data.training[0], in: shardSet.index)
                        : SpectrogramStatistics(mean: [], deviation: []),
                    plateau: LearningRatePlateau(learningRate: settings.optimizer.learningRate)))
        let model = try settings.recipe.makeModel(
            data.inputs, seed: checkpoint == nil ? state.seed : nil, engine: engine)
        let initialWeights = checkpoint == nil && ranks.leads ? try fill(model.store, settings) : []
        // The first weights, too: another machine's may differ in the last digit.
        if checkpoint == nil { try model.store.takeFirst() }
        let available = try engine.availableMemory()
        let probe = MemoryProbe(settings: settings, inputs: data.inputs, engine: engine, ranks: ranks)
        let memory = try probe.need(of: model, folder, measuring: measuring)
        try ranks.together { try memory.check(available, settings: settings, ranks: ranks.count) }
        let schedule = data.schedule(settings.stages, rounds: state.rounds)
        if ranks.leads {
            try beginning(
                RunBeginning(
                    resumedAt: checkpoint?.state.step, settings: settings,
                    shards: ShardRecord(shardSet, reading: data.datasets), engine: EngineRecord(engine, ranks),
                    parameters: model.store.parameters.reduce(0) { $0 + $1.tensor.count },
                    steps: schedule.stepsLeft(epoch: 0, batch: 0),
                    pairs: schedule.stepsLeft(epoch: 0, batch: 0) * settings.batchSize,
                    epochs: schedule.epochs.count, memory: memory.text(of: available), initialWeights: initialWeights,
                    warning: ranks.warning))
        }
        let session = try TrainingSession(
            settings: settings, data: data, folder: folder, state: state, model: model, checkpoint: checkpoint,
            ranks: ranks)
        try session.run(cancellation: cancellation, progress: progress)
        return .finished(steps: session.state.step)
    }

    private func fill(_ store: ParameterStore, _ settings: TrainSettings) throws -> [InitialWeights] {
        func path(_ file: String) -> String { file.hasPrefix("/") ? file : "\(base)/\(file)" }
        guard settings.classifier.classes.isEmpty else {
            let file = settings.classifier.weights
            return file.isEmpty ? [] : [try store.fillClassifier(settings.recipeName, fromFile: path(file))]
        }
        return try settings.model.initialWeights.map { part, file in
            let anew = part == "network" ? settings.model.multisensory.anew : []
            try store.check(anew: anew)
            return try store.fill(part, without: anew, fromFile: path(file))
        }
    }

    private func otherShards(at state: TrainingState) -> TrainingError {
        TrainingError(
            .data,
            """
            \(folder.path) is at step \(state.step) of a run on other shards than those in \(shards): videos came or \
            went, pairs were drawn again, or labels changed, since it began; give the run another name (\(TrainKey.name), or \
            `avprep train --name`) to train on what is there now, or set \(TrainKey.grownShards) to \
            \(GrownShards.goOn.rawValue)
            """)
    }
}
