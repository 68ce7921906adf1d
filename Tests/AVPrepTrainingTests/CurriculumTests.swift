import AVPrepClips
import AVPrepCore
import AVPrepModel
import Foundation
import ShardFixtures
import TestSupport
import Testing

@testable import AVPrepTorch
@testable import AVPrepTraining

/// What stages, parts of a batch and validation settings do to a run.
@Suite(.serialized, .enabled(if: Products.hasEngine, "make engine builds it"))
struct CurriculumTests {
    private func train(_ folder: String, _ run: String, _ settings: TrainSettings) throws -> [TrainingProgress] {
        var progress: [TrainingProgress] = []
        _ = try Trainer(settings: settings, seed: 3, shards: folder, run: "\(folder)/\(run)")
            .run(cancellation: Cancellation()) { progress.append($0) }
        return progress
    }

    private func weights(_ folder: String, _ run: String, _ file: String = "last") throws -> [String: HostTensor] {
        try TrainingCheckpoint.load("\(folder)/\(run)/checkpoints/\(file).safetensors").model
    }

    @Test func whatAStageFreezesStaysWithItsStatistics() throws {
        try withTemporaryFolder { folder in
            try PracticeShards(shards: [(.train, 4)]).write(to: folder)
            var settings = TrainerTests.settings(epochs: [1, 1])
            settings.stages[1].freeze = ["video", "audio.conv1"]
            var first = settings
            first.stages.removeLast()
            _ = try train(folder, "first", first)
            _ = try train(folder, "both", settings)
            let (before, after) = (try weights(folder, "first"), try weights(folder, "both"))
            for (name, value) in after {
                let isFrozen = name.hasPrefix("video.") || name.hasPrefix("audio.conv1.")
                #expect((before[name] == value) == isFrozen, "\(name)")
            }
            settings.stages[1].freeze = ["vidio"]
            let error = #expect(throws: TrainingError.self) { try train(folder, "wrong", settings) }
            #expect(error?.description.contains("vidio") == true && error?.description.contains("audio, video") == true)
            settings.stages[1].freeze = ["video", "audio"]
            #expect(throws: TrainingError.self) { try train(folder, "all", settings) }
        }
    }

    /// Four parts of four are four batches of four whose gradients are averaged: one step in place of four.
    @Test func partsOfABatchHaveStatisticsOfTheirOwn() throws {
        try withTemporaryFolder { folder in
            try PracticeShards(shards: [(.train, 4)]).write(to: folder)
            var settings = TrainerTests.settings(epochs: [1, 0])
            settings.batchSize = 16
            settings.pairsPerEpoch = 16
            settings.accumulate = 4
            let steps = try train(folder, "parts", settings).filter { !$0.isValidating }
            #expect(steps.map(\.step) == [1])
            let parts = try weights(folder, "parts")
            let name = "video.stem.1.num_batches_tracked"
            #expect(parts[name]?.integers == [4])
            settings.accumulate = 1
            _ = try train(folder, "whole", settings)
            let whole = try weights(folder, "whole")
            #expect(whole[name]?.integers == [1])
            #expect(whole["video.fc.weight"] != parts["video.fc.weight"])
            settings.accumulate = 3
            let error = #expect(throws: TrainingError.self) { try train(folder, "thirds", settings) }
            #expect(error?.description.contains("train.accumulate is 3") == true)
        }
    }

    @Test func validationHasABudgetAndShowsItsProgress() throws {
        try withTemporaryFolder { folder in
            try PracticeShards().write(to: folder)
            var settings = TrainerTests.settings(epochs: [3, 1])
            settings.validation.pairs = 6
            settings.validation.every = 2
            let progress = try train(folder, "run", settings).filter { $0.validated > 0 }
            // Epochs 2, 3 (the last of its stage) and 4; two sets of six pairs in batches of four.
            #expect(progress.map(\.epoch) == [2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4])
            #expect(
                progress.prefix(4).map(\.validated) == [4, 6, 10, 12] && progress.allSatisfy { $0.toValidate == 12 })
            #expect(progress.allSatisfy { $0.remainingSeconds != nil })
            let state = try TrainingCheckpoint.load("\(folder)/run/checkpoints/best.safetensors").state
            #expect(state.best != nil)
            let dataset = try ShardDataset(.val, set: "easy", of: ShardSet(folder))
            let pairs = try #require(dataset.validationPairs(limit: 6, seed: 3))
            let labels = Array(dataset.labels.joined())
            #expect(pairs.count == 6 && pairs == pairs.sorted() && pairs.count { labels[$0] == 1 } == 3)
            #expect(dataset.validationPairs(limit: 6, seed: 3) == pairs)
            #expect(dataset.validationPairs(limit: 1 << 30, seed: 3) == nil)
        }
    }

    @Test(arguments: [OptimizerSettings.Kind.adam, .adamW])
    func everyOptimizerGoesOnAsIfNeverStopped(_ kind: OptimizerSettings.Kind) throws {
        try withTemporaryFolder { folder in
            try PracticeShards(shards: [(.train, 4)]).write(to: folder)
            var settings = TrainerTests.settings(epochs: [2, 1])
            settings.optimizer.kind = kind
            settings.optimizer.learningRate = 0.001
            settings.optimizer.schedule = .cosine
            settings.optimizer.warmupSteps = 3
            settings.optimizer.clipNorm = 0.5
            _ = try train(folder, "whole", settings)
            let cancellation = Cancellation()
            #expect(throws: CancellationError.self) {
                try Trainer(settings: settings, seed: 3, shards: folder, run: "\(folder)/stopped")
                    .run(cancellation: cancellation) { if $0.step == 8 { cancellation.cancel(.interrupted) } }
            }
            _ = try train(folder, "stopped", settings)
            #expect(try weights(folder, "stopped") == weights(folder, "whole"))
        }
    }

    /// Weights from elsewhere: what fits is taken, what does not is named, and the run says so.
    @Test func aPartBeginsWithTheWeightsOfAFile() throws {
        try withTemporaryFolder { folder in
            try PracticeShards(shards: [(.train, 4)]).write(to: folder)
            var settings = TrainerTests.settings(epochs: [1, 0])
            _ = try train(folder, "first", settings)
            settings.model.video.weights = "first/video.safetensors"
            settings.optimizer.learningRate = 1e-12
            settings.optimizer.weightDecay = 0
            var told: [RunBeginning] = []
            _ = try Trainer(settings: settings, seed: 9, shards: folder, run: "\(folder)/second", base: folder)
                .run(cancellation: Cancellation(), beginning: { told.append($0) }, progress: { _ in })
            let initial = try #require(told.first?.initialWeights.first)
            #expect(initial.part == "video" && initial.left.isEmpty && initial.missing == ["fc.bias", "fc.weight"])
            let (first, second) = (try weights(folder, "first"), try weights(folder, "second"))
            func difference(_ name: String) -> Float {
                zip(first[name]?.floats ?? [], second[name]?.floats ?? [.infinity]).map { abs($0 - $1) }.max()
                    ?? .infinity
            }
            #expect(difference("video.layer2.0.conv1.0.weight") < 1e-6)
            #expect(difference("video.fc.weight") > 1e-3 && difference("audio.conv2.0.weight") > 1e-3)
            #expect(told[0].steps > 0 && told[0].pairs == 4 * told[0].steps)
            #expect(told[0].epochs == 1 && told[0].parameters > 1000)

            settings.model.video.width = 8
            let error = #expect(throws: TorchError.self) {
                try Trainer(settings: settings, seed: 9, shards: folder, run: "\(folder)/third", base: folder)
                    .run(cancellation: Cancellation(), progress: { _ in })
            }
            #expect(error.map { "\($0)".contains("video.safetensors") } == true)
        }
    }
}
