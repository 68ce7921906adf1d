import AVPrepCore
import AVPrepTorch
import Foundation

/// One process's part of a run: from a state to the run's end, or to where it is cancelled.
final class TrainingSession {
    private(set) var state: TrainingState
    private let settings: TrainSettings
    private let data: TrainingData
    private let schedule: TrainingSchedule
    private let folder: RunFolder
    private let recipe: any TrainingRecipe
    private let model: any RecipeModel
    private let optimizer: any Optimizer
    private let feed: BatchLoaderFactory
    private let reports: RunReports
    /// Pace since the last report, of the epoch, and of this process's steps.
    private var recentPace = TrainingPace()
    private var epochPace = TrainingPace()
    private var stepSeconds = RunningMean()

    /// - Parameter checkpoint: what the run goes on from; nil begins it.
    init(
        settings: TrainSettings, data: TrainingData, folder: RunFolder, state: TrainingState, engine: Engine,
        checkpoint: TrainingCheckpoint?
    ) throws {
        self.settings = settings
        self.data = data
        schedule = data.schedule(settings.stages, rounds: state.rounds)
        self.folder = folder
        self.state = state
        // Where and how the work is done may have changed since; the checkpoint says what is true now.
        self.state.settings = settings
        recipe = settings.recipe
        model = try recipe.makeModel(data.shape, seed: checkpoint == nil ? state.seed : nil, engine: engine)
        optimizer = SGD(model.store.parameters, settings: settings.optimizer)
        if let checkpoint {
            try model.store.fill(from: checkpoint.model, source: folder.checkpoint(.last))
            try optimizer.restore(checkpoint.optimizer)
        }
        feed = BatchLoaderFactory(settings: settings, shape: data.shape, statistics: state.statistics)
        reports = try RunReports(folder: folder, sets: recipe.measuredSets, step: state.step)
    }

    func run(cancellation: Cancellation, progress: (TrainingProgress) -> Void) throws {
        try cancellation.savingAtEnd {
            do {
                while state.epoch < schedule.epochs.count {
                    try trainEpoch(cancellation: cancellation, progress: progress)
                    try endEpoch(cancellation: cancellation, progress: progress)
                }
            } catch let error as CancellationError {
                try save(.last)
                throw error
            }
        }
        try exportWeights()
    }

    private var epoch: TrainingSchedule.Epoch { schedule.epochs[state.epoch] }

    // MARK: - Steps

    private func trainEpoch(cancellation: Cancellation, progress: (TrainingProgress) -> Void) throws {
        if epoch.opensStage, state.batch == 0 {
            state.plateau.beginStage(learningRate: settings.stages[epoch.stage].learningRate)
        }
        let loader = feed.training(
            data.training[epoch.stage], order: data.orders[epoch.stage].pairs(epoch: epoch.number),
            firstBatch: state.batch,
            seed: SeededRandom.combine(state.seed, SeededRandom.hash("crops/\(epoch.stage)/\(epoch.number)")))
        defer { loader.close() }
        recentPace = TrainingPace()
        epochPace = TrainingPace()
        while true {
            try cancellation.check()
            let waited = loader.waitedSeconds
            let start = ContinuousClock.now
            guard let batch = try loader.nextBatch() else { return }
            try step(batch)
            stepSeconds.add((ContinuousClock.now - start) / .seconds(1))
            recentPace.add(pairs: batch.count, waited: loader.waitedSeconds - waited)
            epochPace.add(pairs: batch.count, waited: loader.waitedSeconds - waited)
            let now = currentProgress(recentPace, loss: state.recentLoss, isValidating: false)
            progress(now)
            if state.batch % RunReports.stepsPerReport == 0 {
                try reports.write(now)
                state.recentLoss = RunningMean()
                recentPace = TrainingPace()
            }
            if state.batch % settings.checkpointSteps == 0, state.batch < epoch.steps { try save(.last) }
        }
    }

    private func step(_ batch: Batch) throws {
        let loss = try model.loss(of: batch)
        try optimizer.clearGradients()
        try loss.backward()
        optimizer.learningRate = state.plateau.learningRate
        try optimizer.step()
        let value = Double(try loss.item())
        guard value.isFinite else {
            throw TrainingError(
                .diverged,
                """
                the loss is \(value) at step \(state.step + 1), the learning rate \(optimizer.learningRate): training \
                has blown up; lower \(TrainKey.learningRate) and give the run another name
                """)
        }
        state.step += 1
        state.batch += 1
        state.epochLoss.add(value)
        state.recentLoss.add(value)
    }

    private func currentProgress(_ pace: TrainingPace, loss: RunningMean, isValidating: Bool) -> TrainingProgress {
        let left = schedule.stepsLeft(epoch: state.epoch, batch: state.batch)
        return TrainingProgress(
            step: state.step, totalSteps: state.step + left, stage: settings.stages[epoch.stage].name,
            epoch: state.epoch + 1,
            epochs: schedule.epochs.count, isValidating: isValidating, loss: loss.value,
            learningRate: state.plateau.learningRate, clipsPerSecond: pace.clipsPerSecond, dataWait: pace.dataWait,
            remainingSeconds: stepSeconds.value.map { $0 * Double(left) })
    }

    // MARK: - Epochs

    private func endEpoch(cancellation: Cancellation, progress: (TrainingProgress) -> Void) throws {
        let now = currentProgress(epochPace, loss: state.epochLoss, isValidating: true)
        progress(now)
        let validation = try data.validation.map { set, dataset in
            let measured = try PairScores(
                of: dataset, model: model, order: recipe.score.order, feed: feed, cancellation: cancellation)
            return (set: set, roc: measured.roc)
        }
        try reports.write(epoch: now, validation: validation)
        if let loss = state.epochLoss.value { state.plateau.endEpoch(loss: loss, settings: settings.optimizer) }
        // The mean over the kinds of negatives: a stage that learns one at the cost of the other is not better.
        let areas = validation.compactMap { $0.roc.areaUnderCurve }
        let score = areas.isEmpty ? nil : areas.reduce(0, +) / Double(areas.count)
        let isBest = score.map { $0 > state.best?.score ?? -1 } ?? false
        if isBest, let score { state.best = TrainingState.Best(epoch: state.epoch, score: score) }
        state.epoch += 1
        state.batch = 0
        state.epochLoss = RunningMean()
        state.recentLoss = RunningMean()
        // The best first: killed between the two, the epoch is trained again and writes the same.
        if isBest { try save(.best) }
        try save(.last)
    }

    private func save(_ weights: RunFolder.Weights) throws {
        let checkpoint = TrainingCheckpoint(
            state: state, model: try model.store.values(), optimizer: try optimizer.state())
        try checkpoint.save(folder.checkpoint(weights))
    }

    /// The weights on their own, for other tools. `format: pt` is what readers of torch's weights look for.
    private func exportWeights() throws {
        for file in recipe.weightFiles {
            try SafeTensors.write(
                .init(tensors: model.weights(for: file), metadata: ["format": "pt"]), to: folder.weights(file))
        }
    }
}
