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

    let epochs: [Epoch]

    /// - Parameter steps: steps of an epoch of each stage.
    init(stages: [StageSettings], steps: [Int]) {
        precondition(stages.count == steps.count, "a stage without steps")
        epochs = stages.indices.flatMap { stage in
            (0..<stages[stage].epochs).map { Epoch(stage: stage, number: $0, steps: steps[stage]) }
        }
    }

    /// Steps of the whole run.
    var totalSteps: Int { epochs.reduce(0) { $0 + $1.steps } }
}
