/// The epochs of a curriculum in a row, and how many steps each takes.
struct TrainingSchedule {
    /// One epoch of the run.
    struct Epoch: Equatable {
        /// Index of its stage.
        let stage: Int
        /// Its number within the stage, from 0.
        let number: Int
        let steps: Int
        /// Whether a stage begins with it.
        var opensStage: Bool { number == 0 }
    }

    private(set) var epochs: [Epoch]

    /// - Parameters:
    ///   - steps: steps of an epoch of each stage.
    ///   - rounds: how often the last stage is repeated after the end. Its epochs are counted on, so each has an order of its
    ///     own, and the learning rate stays where it is.
    init(stages: [StageSettings], steps: [Int], rounds: Int = 0) {
        precondition(stages.count == steps.count, "a stage without steps")
        epochs = stages.indices.flatMap { stage in
            (0..<stages[stage].epochs).map { Epoch(stage: stage, number: $0, steps: steps[stage]) }
        }
        guard let last = epochs.last else { return }
        let length = stages[last.stage].epochs
        epochs += (0..<rounds * length).map { Epoch(stage: last.stage, number: length + $0, steps: last.steps) }
    }

    /// Whether a run is validated after an epoch: every so many, and after the last one of a stage.
    func validates(after epoch: Int, every: Int) -> Bool {
        (epoch + 1) % every == 0 || epoch + 1 == epochs.count || epochs[epoch + 1].stage != epochs[epoch].stage
    }

    /// Validations that are left from an epoch on.
    func validationsLeft(epoch: Int, every: Int) -> Int {
        (epoch..<max(epoch, epochs.count)).count { validates(after: $0, every: every) }
    }

    /// Steps that are left to the end of the run.
    ///
    /// - Parameters:
    ///   - epoch: the one under way; `epochs.count` when all are over.
    ///   - batch: batches of it that were taken.
    func stepsLeft(epoch: Int, batch: Int) -> Int {
        epochs.dropFirst(epoch).reduce(0) { $0 + $1.steps } - batch
    }
}
