import AVPrepCore
import AVPrepStore
import Foundation
import ShardFixtures
import TestSupport
import Testing

@testable import AVPrepTraining

/// A run whose shards changed is refused, or goes on with those that are there now, as the settings say.
@Suite(.serialized, .enabled(if: Products.hasEngine, "make engine builds it"))
struct GrownShardsTests {
    private func settings(_ epochs: [Int], _ grown: GrownShards = .goOn) -> TrainSettings {
        var settings = TrainerTests.settings(epochs: epochs)
        settings.grownShards = grown
        return settings
    }

    private func train(
        _ folder: String, _ settings: TrainSettings, run: String = "run", cancellation: Cancellation = Cancellation(),
        onBeginning beginning: (RunBeginning) throws -> Void = { _ in },
        progress: (TrainingProgress) -> Void = { _ in }
    ) throws -> Trainer.Outcome {
        try Trainer(settings: settings, seed: 3, shards: folder, run: "\(folder)/\(run)")
            .run(cancellation: cancellation, beginning: beginning, progress: progress)
    }

    private func state(_ folder: String, run: String = "run") throws -> TrainingState {
        try TrainingCheckpoint.load("\(folder)/\(run)/checkpoints/last.safetensors").state
    }

    @Test func aFinishedRunRepeatsItsLastStageOnWhatIsThereNow() throws {
        try withTemporaryFolder { folder in
            try PracticeShards().write(to: folder)
            #expect(try train(folder, settings([1, 1])) == .finished(steps: 14))
            try PracticeShards(seed: 2).write(to: folder)
            let refused = #expect(throws: TrainingError.self) { try train(folder, settings([1, 1], .refuse)) }
            #expect(refused?.description.contains("train.grown_shards to continue") == true)

            var resumedAt: Int?
            var stages: [String] = []
            let outcome = try train(
                folder, settings([1, 1]), onBeginning: { resumedAt = $0.resumedAt },
                progress: {
                    stages.append($0.stage)
                    #expect($0.totalSteps == 21)
                })
            #expect(outcome == .finished(steps: 21) && resumedAt == 14 && Set(stages) == ["mixed"])
            #expect(try state(folder).rounds == 1)
            // The same shards again: nothing is left to do, whatever the setting.
            for grown in GrownShards.allCases {
                #expect(try train(folder, settings([1, 1], grown)) == .wasFinished(steps: 21))
            }
        }
    }

    @Test func anEpochUnderWayBeginsAgainAndAKillChangesNothing() throws {
        try withTemporaryFolder { folder in
            try PracticeShards().write(to: folder)
            let cancellation = Cancellation()
            #expect(throws: CancellationError.self) {
                try train(
                    folder, settings([2]), cancellation: cancellation,
                    progress: {
                        if $0.step == 10 { cancellation.cancel(.interrupted) }
                    })
            }
            #expect(try state(folder).epoch == 1 && state(folder).batch == 3)
            try PracticeShards(seed: 2).write(to: folder)
            try FileManager.default.copyItem(atPath: folder + "/run", toPath: folder + "/killed")
            // Ten steps before, and the whole second epoch of seven again.
            #expect(try train(folder, settings([2])) == .finished(steps: 17))

            let again = Cancellation()
            #expect(throws: CancellationError.self) {
                try train(
                    folder, settings([2]), run: "killed", cancellation: again,
                    progress: {
                        if $0.step == 12 { again.cancel(.interrupted) }
                    })
            }
            #expect(try train(folder, settings([2]), run: "killed") == .finished(steps: 17))
            let weights = try ["run", "killed"].map {
                try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)/video.safetensors"))
            }
            #expect(weights[0] == weights[1])
        }
    }

    @Test func repeatedEpochsHaveOrdersOfTheirOwn() {
        let stages = [StageSettings(name: "a", set: "a", epochs: 2), StageSettings(name: "b", set: "b", epochs: 3)]
        let schedule = TrainingSchedule(stages: stages, steps: [5, 7], rounds: 2)
        #expect(schedule.epochs.map(\.stage) == [0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1])
        #expect(schedule.epochs.map(\.number) == [0, 1, 0, 1, 2, 3, 4, 5, 6, 7, 8])
        #expect(schedule.epochs.filter(\.opensStage).count == 2)
        #expect(schedule.stepsLeft(epoch: 0, batch: 0) == 10 + 63)
        #expect(schedule.stepsLeft(epoch: 4, batch: 3) == 49 - 3)
        #expect(schedule.stepsLeft(epoch: 11, batch: 0) == 0)
        #expect(TrainingSchedule(stages: [], steps: [], rounds: 1).epochs.isEmpty)
    }
}
