import AVPrepCore
import AVPrepModel
import Foundation
import ShardFixtures
import TestSupport
import Testing

@testable import AVPrepTorch
@testable import AVPrepTraining

/// AVTS with a fusion head in place of distances.
@Suite(.serialized, .enabled(if: Products.hasEngine, "make engine builds it"))
struct CrossEntropyTests {
    private func train(
        _ folder: String, _ run: String, _ settings: TrainSettings, seed: UInt64 = 3,
        beginning: (RunBeginning) -> Void = { _ in }
    ) throws {
        _ = try Trainer(settings: settings, seed: seed, shards: folder, run: "\(folder)/\(run)", base: folder)
            .run(cancellation: Cancellation(), beginning: beginning, progress: { _ in })
    }

    /// As the paper has it: first contrastive, then cross-entropy on what that has made.
    @Test func crossEntropyGoesOnFromAContrastiveRun() throws {
        try withTemporaryFolder { folder in
            try PracticeShards(
                width: 10, height: 8, shards: [(.train, 4), (.train, 3), (.val, 2), (.test, 2)], pairsPerSegment: 32
            ).write(to: folder)
            var settings = TrainerTests.settings()
            settings.batchSize = 16
            settings.cropScale = [1, 1]
            settings.flip = false
            settings.model.embeddingBatchNorm = true
            settings.stages = [StageSettings(name: "hard", set: "hard", epochs: 10)]
            try train(folder, "contrastive", settings)

            settings.loss.kind = .crossEntropy
            // What contrastive learning asks of the margin has no meaning here.
            settings.loss.margin = 3
            settings.optimizer.learningRate = 0.02
            settings.model.video.weights = "contrastive/checkpoints/last.safetensors"
            settings.model.audio.weights = "contrastive/checkpoints/last.safetensors"
            settings.stages[0].epochs = 4
            var told: [RunBeginning] = []
            try train(folder, "entropy", settings, seed: 4, beginning: { told.append($0) })
            // Trunks, last layers, and the normalisation of the embeddings: all but the fusion head.
            #expect(told[0].initialWeights.map(\.part) == ["video", "audio"])
            for initial in told[0].initialWeights {
                #expect(initial.missing.isEmpty && initial.left.isEmpty && initial.taken > 30, "\(initial.text)")
            }
            let last = try TrainingCheckpoint.load(folder + "/entropy/checkpoints/last.safetensors").model
            #expect(last["fusion.fc1.weight"]?.shape == [128, 32] && last["fusion.fc2.bias"]?.shape == [2])

            let evaluation = try Evaluator(run: folder + "/entropy", shards: folder).evaluate(
                offsetClips: 12, offsetReach: 4)
            #expect(evaluation.thresholdRule.contains("probability is above"))
            let hard = evaluation.conditions[1]
            #expect((hard.auc ?? 0) > 0.85 && (0...1).contains(hard.ownThreshold.threshold))
            let offsets = try #require(evaluation.offsets)
            #expect(offsets.clips == 12 && offsets.counts.reduce(0, +) == 12)
            let metrics = try String(contentsOfFile: folder + "/entropy/metrics.csv", encoding: .utf8)
            #expect(metrics.contains("val_hard_auc"))

            // Another loss is another run.
            settings.loss.kind = .contrastive
            settings.loss.margin = 0.99
            let error = #expect(throws: TrainingError.self) { try train(folder, "entropy", settings, seed: 4) }
            #expect(error?.description.contains("train.loss.kind") == true)
        }
    }
}
