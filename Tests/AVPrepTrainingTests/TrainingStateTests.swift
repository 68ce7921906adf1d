import AVPrepCore
import Foundation
import TestSupport
import Testing

@testable import AVPrepTorch
@testable import AVPrepTraining

@Suite struct TrainingStateTests {
    private func state(_ settings: TrainSettings = TrainSettings()) -> TrainingState {
        TrainingState(
            seed: 7, settings: settings, shards: "abc", statistics: SpectrogramStatistics(mean: [1], deviation: [2]),
            plateau: LearningRatePlateau(learningRate: 0.1))
    }

    @Test func whatDecidesTheWeightsMustNotChangeAndTheRestMay() throws {
        let state = state()
        var settings = TrainSettings()
        settings.name = "other"
        settings.device = .cuda
        settings.threads = 3
        settings.loaderThreads = 5
        settings.prefetchBatches = 1
        settings.checkpointSteps = 1
        #expect(try state.change(to: settings, seed: 7) == nil)
        settings.model.video.residual = false
        #expect(try state.change(to: settings, seed: 7) == "train.model.video.residual was true and is false")
        settings = TrainSettings()
        settings.stages.removeLast()
        #expect(try state.change(to: settings, seed: 7) == "train.stages had 2 entries and has 1")
        settings = TrainSettings()
        settings.loss.margin = 0.5
        #expect(try state.change(to: settings, seed: 7) == "train.loss.margin was 0.99 and is 0.5")
        #expect(try state.change(to: TrainSettings(), seed: 8)?.contains("seed") == true)
    }

    /// Sums of losses must come back to the last bit, or the plateau of a continued run could decide otherwise.
    @Test func aCheckpointComesBackAsItWas() throws {
        try withTemporaryFolder { folder in
            var state = state()
            for index in 1...50 { state.epochLoss.add(1 / Double(index * 7)) }
            state.plateau.endEpoch(loss: 0.1 + 0.2, settings: OptimizerSettings())
            state.best = .init(epoch: 3, score: 2.0 / 3)
            state.step = 123
            let checkpoint = TrainingCheckpoint(
                state: state, model: ["video.fc.bias": HostTensor([1, 2] as [Float], shape: [2])],
                optimizer: ["momentum.video.fc.bias": HostTensor([3, 4] as [Float], shape: [2])])
            let path = folder + "/last.safetensors"
            try checkpoint.save(path)
            let read = try TrainingCheckpoint.load(path)
            #expect(read.state == state)
            #expect(read.model == checkpoint.model && read.optimizer == checkpoint.optimizer)
        }
    }

    @Test func aStateThatCannotBeTrueIsRefused() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/last.safetensors"
            var broken = state()
            broken.statistics.deviation = [0]
            try TrainingCheckpoint(state: broken, model: [:], optimizer: [:]).save(path)
            #expect(throws: TrainingError.self) { try TrainingCheckpoint.load(path) }
            broken = state()
            broken.batch = -1
            try TrainingCheckpoint(state: broken, model: [:], optimizer: [:]).save(path)
            #expect(throws: TrainingError.self) { try TrainingCheckpoint.load(path) }
            broken = state()
            broken.format = 99
            try TrainingCheckpoint(state: broken, model: [:], optimizer: [:]).save(path)
            let error = #expect(throws: TrainingError.self) { try TrainingCheckpoint.load(path) }
            #expect(error?.description.contains("format 99") == true)
            try SafeTensors.write(.init(tensors: [:], metadata: [:]), to: path)
            #expect(throws: TrainingError.self) { try TrainingCheckpoint.load(path) }
        }
    }

    /// Embeddings of length r are at most 2r apart: beyond that no negative can satisfy the margin.
    @Test(arguments: [
        (margin: 0.99, norm: 0.5, isRefused: false), (1, 0.5, false), (1.01, 0.5, true), (2, 0.5, true), (2, 1, false),
        (50, 0, false),
    ])
    func aMarginThatTheEmbeddingsCannotReachIsRefused(margin: Double, norm: Double, isRefused: Bool) throws {
        var settings = TrainSettings()
        settings.loss.margin = margin
        settings.model.embeddingNorm = norm
        guard isRefused else { return try settings.validate() }
        let error = try #require(throws: TrainingError.self) { try settings.validate() }
        #expect(error.exitStatus == .badInput)
        #expect(error.description.contains("train.loss.margin is \(margin)"))
        #expect(error.description.contains("train.model.embedding_norm = \(norm)"))
        // A run that was trained so can still be measured.
        try settings.checkValues()
    }

    @Test func settingsThatMakeNoSenseAreNamed() {
        func fault(_ change: (inout TrainSettings) -> Void) -> String {
            var settings = TrainSettings()
            change(&settings)
            do {
                try settings.validate()
                return "none"
            } catch { return "\(error)" }
        }
        #expect(fault { _ in } == "none")
        #expect(fault { $0.cropScale = [0.5] }.contains("train.crop_scale is [0.5]"))
        #expect(fault { $0.cropScale = [0.8, 0.5] }.contains("crop_scale"))
        #expect(fault { $0.cropScale = [.nan, 1] }.contains("crop_scale"))
        #expect(fault { $0.batchSize = 0 }.contains("batch_size"))
        #expect(fault { $0.stages = [] }.contains("stages"))
        #expect(fault { $0.optimizer.learningRate = -1 }.contains("train.optimizer.lr is -1.0"))
    }
}
