import AVPrepCore
import Foundation
import ShardFixtures
import TestSupport
import Testing

@testable import AVPrepTorch
@testable import AVPrepTraining

/// How many frames a run takes of a clip.
@Suite(.serialized, .enabled(if: Products.hasEngine, "make engine builds it"))
struct ClipAgreementTests {
    private func train(
        _ folder: String, run: String, settings: TrainSettings, cancellation: Cancellation = Cancellation(),
        progress: (TrainingProgress) -> Void = { _ in }
    ) throws -> Trainer.Outcome {
        try Trainer(settings: settings, seed: 3, shards: folder, run: "\(folder)/\(run)")
            .run(cancellation: cancellation, progress: progress)
    }

    private func bytes(_ folder: String, _ run: String, _ name: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(run)/\(name)"))
    }

    @Test func zeroFramesTakeWhatAClipHoldsAndTrainTheSameWeights() throws {
        try withTemporaryFolder { folder in
            try PracticeShards().write(to: folder)
            var open = TrainerTests.settings(epochs: [1])
            open.model.frames = 0
            var begun: [RunBeginning] = []
            _ = try Trainer(settings: open, seed: 3, shards: folder, run: folder + "/open")
                .run(cancellation: Cancellation(), beginning: { begun.append($0) }, progress: { _ in })
            _ = try train(folder, run: "named", settings: TrainerTests.settings(epochs: [1]))
            for file in ["checkpoints/last.safetensors", "video.safetensors"] {
                #expect(try bytes(folder, "open", file) == bytes(folder, "named", file))
            }
            #expect(begun.map(\.settings.model.frames) == [PracticeShards.clipFrames] && begun[0].resumedAt == nil)
            // Either way of saying it goes on with a run that was begun by the other.
            #expect(
                try train(folder, run: "open", settings: TrainerTests.settings(epochs: [1])) == .wasFinished(steps: 7))
            #expect(try train(folder, run: "named", settings: open) == .wasFinished(steps: 7))
        }
    }

    @Test func fewerFramesThanAClipHoldsAreRefusedBeforeTheFirstStepButARunThatWasBegunSoGoesOn() throws {
        try withTemporaryFolder { folder in
            try PracticeShards().write(to: folder)
            var settings = TrainerTests.settings(epochs: [1])
            // The average is of as many weights for four frames as for eight.
            settings.model.temporalHead = .average
            let cancellation = Cancellation()
            #expect(throws: CancellationError.self) {
                try train(folder, run: "run", settings: settings, cancellation: cancellation) {
                    if $0.step == 3 { cancellation.cancel(.interrupted) }
                }
            }
            settings.model.frames = 4
            let error = try #require(throws: TrainingError.self) {
                try train(folder, run: "new", settings: settings) { _ in Issue.record("a step was taken") }
            }
            #expect(error.description.contains("train.model.frames is 4") && error.exitStatus == .badInput)

            let path = folder + "/run/checkpoints/last.safetensors"
            var checkpoint = try TrainingCheckpoint.load(path)
            checkpoint.state.settings.model.frames = 4
            try checkpoint.save(path)
            #expect(try train(folder, run: "run", settings: settings) == .finished(steps: 7))
            _ = try Evaluator(run: folder + "/run", shards: folder).evaluate()
            #expect(try TrainingCheckpoint.load(path).state.settings.model.frames == 4)
        }
    }
}
