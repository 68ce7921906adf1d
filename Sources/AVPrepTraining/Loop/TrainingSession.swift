import AVPrepCore
import AVPrepModel
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
    private let learner: Learner
    /// Steps from one reading of losses to the next.
    private let stepsPerReading: Int
    private let feed: BatchLoaderFactory
    private let ranks: TrainingRanks
    /// Rank 0's alone.
    private let reports: RunReports?
    /// Pace since the last report, of the epoch, and of this process's steps.
    private var recentPace = TrainingPace()
    private var epochPace = TrainingPace()
    private var stepSeconds = RunningMean()
    private var seconds = TrainingSeconds()
    /// Seconds that steps have waited for data since losses were read.
    private var unreadWait = 0.0
    /// Seconds of validation a pair.
    private var validationSeconds = RunningMean()
    /// The pairs of each validation set that are measured; nil for all.
    private let validationPairs: [[Int]?]

    /// - Parameters:
    ///   - model: with the weights that the run begins with.
    ///   - checkpoint: what the run goes on from; nil begins it.
    ///   - ranks: the processes that divide each batch.
    init(
        settings: TrainSettings, data: TrainingData, folder: RunFolder, state: TrainingState, model: any RecipeModel,
        checkpoint: TrainingCheckpoint?, ranks: TrainingRanks
    ) throws {
        self.ranks = ranks
        self.settings = settings
        self.data = data
        schedule = data.schedule(settings.stages, rounds: state.rounds)
        self.folder = folder
        self.state = state
        // Where and how the work is done may have changed since; the checkpoint says what is true now.
        self.state.settings = settings
        recipe = settings.recipe
        learner = Learner(model, settings: settings, processes: ranks.count)
        if let checkpoint { try learner.restore(checkpoint, source: folder.checkpoint(.last)) }
        stepsPerReading = settings.stepsPerReading(of: model.store.engine)
        validationPairs = data.validation.map {
            $0.dataset.validationPairs(limit: settings.validation.pairs, seed: state.seed)
        }
        feed = try BatchLoaderFactory(
            settings: settings, inputs: data.inputs, statistics: state.statistics, engine: model.store.engine,
            ranks: ranks)
        let sets = recipe.measuredSets
        reports = try ranks.together {
            for stage in settings.stages { try model.store.check(freeze: stage.freeze, of: stage.name) }
            return ranks.leads ? try RunReports(folder: folder, sets: sets, step: state.step) : nil
        }
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
                try ranks.group?.leave()
                throw error
            }
        }
        try exportWeights()
        try ranks.group?.leave()
    }

    private var epoch: TrainingSchedule.Epoch { schedule.epochs[state.epoch] }

    // MARK: - Steps

    private func trainEpoch(cancellation: Cancellation, progress: (TrainingProgress) -> Void) throws {
        if epoch.opensStage, state.batch == 0 {
            state.plateau.beginStage(learningRate: settings.stages[epoch.stage].learningRate)
        }
        try learner.model.store.freeze(settings.stages[epoch.stage].freeze)
        let order = data.orders[epoch.stage].pairs(epoch: epoch.number)
        let loader = feed.training(
            data.training[epoch.stage], order: order, firstBatch: state.batch,
            seed: SeededRandom.combine(state.seed, SeededRandom.hash("crops/\(epoch.stage)/\(epoch.number)")))
        defer { loader.close() }
        recentPace = TrainingPace()
        epochPace = TrainingPace()
        while true {
            try ranks.check(cancellation)
            let waited = loader.waitedSeconds
            let start = ContinuousClock.now
            guard let batch = try loader.nextBatch() else { return try readLosses() }
            let pairs = order[state.batch * settings.batchSize..<(state.batch + 1) * settings.batchSize]
            try learner.step(batch, of: Array(pairs), number: state.step + 1, learningRate: learningRate)
            state.step += 1
            state.batch += 1
            recentPace.add(pairs: pairs.count)
            epochPace.add(pairs: pairs.count)
            unreadWait += loader.waitedSeconds - waited
            if learner.unreadCount >= stepsPerReading { try readLosses() }
            let took = (ContinuousClock.now - start) / .seconds(1)
            stepSeconds.add(took)
            seconds.waiting += loader.waitedSeconds - waited
            seconds.computing += took - (loader.waitedSeconds - waited)
            let isReported = state.batch % RunReports.stepsPerReport == 0
            if isReported { try readLosses() }
            let now = currentProgress(recentPace, loss: state.recentLoss, isValidating: false)
            progress(now)
            if isReported {
                try reports?.write(now)
                state.recentLoss = RunningMean()
                recentPace = TrainingPace()
            }
            if state.batch % settings.checkpointSteps == 0, state.batch < epoch.steps { try save(.last) }
        }
    }

    /// Adds the losses of the steps since the last reading to those of epoch and report: of several processes their means.
    private func readLosses() throws {
        let steps = try learner.readSteps()
        let means = try ranks.means(
            of: [unreadWait] + steps.map(\.loss) + steps.map { $0.gradientNorm ?? 0 })
        unreadWait = 0
        recentPace.add(waited: means[0])
        epochPace.add(waited: means[0])
        for (place, step) in steps.enumerated() {
            let loss = means[1 + place]
            if let fault = [loss, means[1 + steps.count + place]].first(where: { !$0.isFinite }) {
                try ranks.together { throw divergence(fault, step) }
            }
            state.epochLoss.add(loss)
            state.recentLoss.add(loss)
        }
    }

    private func divergence(_ value: Double, _ step: Learner.Step) -> TrainingError {
        let shown = step.pairs.prefix(8).map(String.init).joined(separator: ", ")
        let saved = folder.checkpoint(.last)
        let isSaved = FileManager.default.fileExists(atPath: saved)
        return TrainingError(
            .diverged,
            """
            the loss is \(value) at step \(step.number), with the learning rate \(step.learningRate) and the pairs \
            \(shown)\(step.pairs.count > 8 ? ", …" : "") of "\(data.training[epoch.stage].set)": training has blown up; \
            \(isSaved ? "the last good weights are in \(saved); " : "")lower \(TrainKey.learningRate) (or limit \
            \(TrainKey.clipNorm)) and give the run another name
            """)
    }

    /// The rate of the next step.
    private var learningRate: Double {
        let left = schedule.stepsLeft(epoch: state.epoch, batch: state.batch)
        return LearningRate(settings: settings.optimizer, totalSteps: state.step + left).rate(
            stageRate: state.plateau.learningRate, step: state.step, epoch: state.epoch)
    }

    private func currentProgress(_ pace: TrainingPace, loss: RunningMean, isValidating: Bool) -> TrainingProgress {
        let left = schedule.stepsLeft(epoch: state.epoch, batch: state.batch)
        var now = TrainingProgress(
            step: state.step, totalSteps: state.step + left, stage: settings.stages[epoch.stage].name,
            epoch: state.epoch + 1,
            epochs: schedule.epochs.count, isValidating: isValidating, loss: loss.value,
            learningRate: learningRate, clipsPerSecond: pace.clipsPerSecond,
            dataWait: pace.dataWait, remainingSeconds: remainingSeconds(steps: left))
        now.seconds = seconds
        return now
    }

    private func remainingSeconds(steps: Int) -> Double? {
        guard let step = stepSeconds.value else { return nil }
        let pairs = validatedPairs * schedule.validationsLeft(epoch: state.epoch, every: settings.validation.every)
        let perPair = validationSeconds.value ?? step / Double(settings.batchSize)
        return step * Double(steps) + perPair * Double(pairs)
    }

    /// Pairs that one validation measures.
    private var validatedPairs: Int {
        zip(data.validation, validationPairs).reduce(0) { $0 + ($1.1?.count ?? $1.0.dataset.count) }
    }

    // MARK: - Epochs

    private func endEpoch(cancellation: Cancellation, progress: (TrainingProgress) -> Void) throws {
        let now = currentProgress(epochPace, loss: state.epochLoss, isValidating: true)
        progress(now)
        // The statistics of batch normalisation are each process's own until here; rank 0's are those of the run.
        try learner.model.store.takeFirst()
        let validation =
            schedule.validates(after: state.epoch, every: settings.validation.every)
            ? try validate(now, cancellation: cancellation, progress: progress) : []
        try reports?.write(epoch: now, validation: validation, scoreName: recipe.score.name)
        try reports?.write(pictures: picturesOfPairs(validation, cancellation), step: state.step)
        if let collapse = validation.lazy.compactMap(\.scores.collapse).first {
            var warning = now
            warning.warning =
                "\(collapse) (\(recipe.score.name) of the validation pairs); lower \(TrainKey.learningRate)"
                + recipe.collapseAdvice
            progress(warning)
        }
        if settings.optimizer.schedule == .plateau, let loss = state.epochLoss.value {
            state.plateau.endEpoch(loss: loss, settings: settings.optimizer)
        }
        // The mean over the kinds of negatives: a stage that learns one at the cost of the other is not better.
        let areas = validation.compactMap { $0.scores.roc.areaUnderCurve }
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

    private func validate(
        _ now: TrainingProgress, cancellation: Cancellation, progress: (TrainingProgress) -> Void
    ) throws -> [(set: String, scores: PairScores)] {
        var now = now
        now.toValidate = validatedPairs
        let start = ContinuousClock.now
        defer { seconds.validating += (ContinuousClock.now - start) / .seconds(1) }
        return try zip(data.validation, validationPairs).map { validation, pairs in
            let measured = try PairScores(
                of: validation.dataset, pairs: pairs, model: learner.model, order: recipe.score.order, feed: feed,
                ranks: ranks, cancellation: cancellation
            ) { count in
                now.validated += count
                validationSeconds.add((ContinuousClock.now - start) / .seconds(1) / Double(now.validated))
                progress(now)
            }
            return (set: validation.set, scores: measured)
        }
    }

    /// What the hardest and the easiest pairs look like, by name; drawn by rank 0 alone. None where the run is asked to end: what
    /// was learnt is saved sooner then.
    private func picturesOfPairs(
        _ validation: [(set: String, scores: PairScores)], _ cancellation: Cancellation
    ) throws -> [(tag: String, picture: EncodedPicture)] {
        guard reports != nil else { return [] }
        var pictures: [(tag: String, picture: EncodedPicture)] = []
        for (measured, source) in zip(validation, zip(data.validation, validationPairs)) {
            for choice in PairPictures.choices(measured.scores) where !choice.places.isEmpty {
                let loader = feed.evaluation(
                    source.0.dataset, pairs: choice.places.map { source.1?[$0] ?? $0 })
                defer { loader.close() }
                var tiles: [PixelBuffer] = []
                while let batch = try loader.nextBatch() {
                    for slot in 0..<batch.count {
                        guard !cancellation.isCancelled else { return [] }
                        tiles.append(PairPictures.tile(batch, slot: slot))
                    }
                }
                guard !cancellation.isCancelled else { return [] }
                let sheet = try PairPictures.sheet(
                    choice, measured.scores, scoreName: recipe.score.name, drawn: tiles)
                pictures.append(("val/\(measured.set)_\(choice.name)", sheet))
            }
        }
        return pictures
    }

    private func save(_ weights: RunFolder.Weights) throws {
        // Of weights that a loss has spoilt nothing is saved.
        try readLosses()
        guard ranks.leads else { return }
        let start = ContinuousClock.now
        defer { seconds.saving += (ContinuousClock.now - start) / .seconds(1) }
        let checkpoint = TrainingCheckpoint(
            state: state, model: try learner.model.store.values(), optimizer: try learner.optimizerState())
        try checkpoint.save(folder.checkpoint(weights))
    }

    /// The weights on their own, for other tools. `format: pt` is what readers of torch's weights look for.
    private func exportWeights() throws {
        guard ranks.leads else { return }
        for file in recipe.weightFiles {
            try SafeTensors.write(
                .init(tensors: learner.model.weights(for: file), metadata: ["format": "pt"]), to: folder.weights(file))
        }
    }
}
