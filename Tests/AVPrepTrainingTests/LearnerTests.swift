import AVPrepClips
import AVPrepCore
import AVPrepModel
import Foundation
import ShardFixtures
import TestSupport
import Testing

@testable import AVPrepTorch
@testable import AVPrepTraining

@Suite(.serialized, .enabled(if: Products.hasEngine, "make engine builds it"))
struct LearnerTests {
    private func train(_ folder: String, run: String, _ change: (inout TrainSettings) -> Void) throws {
        var settings = TrainerTests.settings()
        change(&settings)
        _ = try Trainer(settings: settings, seed: 3, shards: folder, run: "\(folder)/\(run)")
            .run(cancellation: Cancellation(), progress: { _ in })
    }

    private func file(_ folder: String, _ run: String, _ name: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(run)/\(name)"))
    }

    /// The column of losses in metrics.csv.
    private func losses(_ folder: String, _ run: String) throws -> [String] {
        let lines = String(decoding: try file(folder, run, "metrics.csv"), as: UTF8.self).split(separator: "\n")
        let column = try #require(lines[0].split(separator: ",").firstIndex(of: "loss"))
        return lines.map { String($0.split(separator: ",", omittingEmptySubsequences: false)[column]) }
    }

    @Test func howOftenLossesAreReadChangesNothing() throws {
        try withTemporaryFolder { folder in
            try PracticeShards().write(to: folder)
            for every in [1, 5, 1000] {
                try train(folder, run: "every-\(every)") { $0.lossEvery = every }
                #expect(
                    try file(folder, "every-\(every)", "video.safetensors")
                        == file(folder, "every-1", "video.safetensors"))
                #expect(try losses(folder, "every-\(every)") == losses(folder, "every-1"))
            }
        }
    }

    @Test func aLossThatIsReadLateNamesItsOwnStepAndSpoilsNoCheckpoint() throws {
        try withTemporaryFolder { folder in
            try PracticeShards().write(to: folder)
            /// The step that the message names, and the run's folder.
            func failure(every: Int) throws -> Substring {
                let error = #expect(throws: TrainingError.self) {
                    try train(folder, run: "wild-\(every)") {
                        $0.model.embeddingNorm = 0
                        $0.optimizer.learningRate = 1e20
                        $0.lossEvery = every
                    }
                }
                let text = try #require(error).description
                return try #require(
                    text.firstMatch(of: /at step \d+, with the learning rate 1e\+20 and the pairs [\d, …]+/)
                ).output
            }
            #expect(try failure(every: 1) == failure(every: 1000))
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/wild-1000/checkpoints/last.safetensors"))
        }
    }

    /// Eight bits of fraction: embeddings agree to about a hundredth, and losses fall alike.
    @Test func bfloat16ComputesNearlyTheSame() throws {
        try withTemporaryFolder { folder in
            try PracticeShards().write(to: folder)
            let shards = try ShardSet(folder)
            let settings = TrainerTests.settings()
            let dataset = try ShardDataset(.train, set: "easy", of: shards)
            let inputs = try settings.recipe.shapes(in: [dataset])
            let statistics = try SpectrogramStatistics.measure("mel", of: dataset)
            let scores = try Engine.Precision.allCases.map { precision in
                let engine = try Engine.load(device: .cpu, threads: 1, precision: precision)
                let model = try settings.recipe.makeModel(inputs, seed: 5, engine: engine)
                let feed = try BatchLoaderFactory(
                    settings: settings, inputs: inputs, statistics: statistics, engine: engine)
                let loader = feed.training(dataset, order: Array(0..<4), firstBatch: 0, seed: 1)
                defer { loader.close() }
                let batch = try #require(try loader.nextBatch())
                let learner = Learner(model, settings: settings)
                for step in 1...6 { try learner.step(batch, of: Array(batch.pairs), number: step, learningRate: 0.05) }
                let losses = try learner.readSteps().map(\.loss)
                #expect(losses[5] < losses[0])
                #expect(try model.store.parameters.allSatisfy { try $0.tensor.host().type == .float32 })
                return losses
            }
            for (single, half) in zip(scores[0], scores[1]) { #expect(abs(single - half) < 0.05, "\(scores)") }
            #expect(scores[0] != scores[1])
        }
    }

    /// A window that fits once, with a stride: libtorch's own kernel writes past the end here in bfloat16.
    @Test func aStrideThatSaysNothingIsHarmlessInBfloat16() throws {
        let engine = try Engine.load(device: .cpu, threads: 1, precision: .bfloat16)
        let input = try Tensor(noise(2 * 16 * 4), shape: [2, 16, 4, 1, 1], engine: engine).ordered(.channelsLast3D)
        let weight = try Tensor(noise(32 * 16 * 9, seed: 2), shape: [32, 16, 1, 3, 3], engine: engine)
        try weight.setRequiresGradient(true)
        let single = try input.convolved(with: weight, stride: [1, 2, 2], padding: [0, 1, 1]).floats()
        for _ in 0..<20 {
            try weight.clearGradient()
            let half = try engine.inPrecision {
                try input.convolved(with: weight, stride: [1, 2, 2], padding: [0, 1, 1])
            }
            #expect(half.type == .bfloat16 && half.shape == [2, 32, 4, 1, 1])
            #expect(largestDifference(try half.floats(), single) < 0.1)
            try half.converted(to: .float32).power(2).mean().backward()
            #expect(try #require(try weight.gradient()).floats().allSatisfy(\.isFinite))
        }
    }

    @Test func aBorrowedTensorIsTheMemoryItself() throws {
        let engine = try EngineTests.engine()
        let memory = try HostMemory(byteCount: 16, engine: engine)
        let floats = memory.bytes.assumingMemoryBound(to: Float.self)
        let tensor = try Tensor(
            borrowing: UnsafeRawBufferPointer(memory.bytes), type: .float32, shape: [4], engine: engine)
        #expect(try tensor.floats() == [0, 0, 0, 0])
        for index in floats.indices { floats[index] = Float(index) }
        try engine.waitForCopies()
        #expect(try tensor.floats() == [0, 1, 2, 3])
    }
}
