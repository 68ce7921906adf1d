import AVPrepCore
import Foundation
import ShardFixtures
import TestSupport
import Testing

@testable import AVPrepTorch
@testable import AVPrepTraining

/// Features of a layer, of a run's weights.
@Suite(.serialized, .enabled(if: Products.hasEngine, "make engine builds it"))
struct FeatureModelTests {
    private func trained(_ folder: String) throws {
        try PracticeShards().write(to: folder)
        _ = try Trainer(settings: TrainerTests.settings(epochs: [1, 0]), seed: 3, shards: folder, run: folder + "/run")
            .run(cancellation: Cancellation(), progress: { _ in })
    }

    private let rows = 32

    private func clips(_ model: FeatureModel) -> [Float] {
        (0..<2 * rows * model.statistics.mean.count).map { Float(($0 * 7919) % 101) / 10 - 5 }
    }

    @Test(.enabled(if: torchIsAvailable))
    func featuresAreTorchsOnTheExportedWeights() throws {
        try withTemporaryFolder { folder in
            try trained(folder)
            let model = try FeatureModel(run: folder + "/run", side: .sound)
            var values = clips(model)
            let (features, shape) = try model.features(spectrograms: &values, rows: rows, layer: "conv5")
            var tensors = try SafeTensors.read(folder + "/run/audio.safetensors").tensors
            tensors["x"] = HostTensor(values, shape: [2, 1, rows, model.statistics.mean.count])
            tensors["features"] = HostTensor(features, shape: shape)
            try SafeTensors.write(.init(tensors: tensors, metadata: [:]), to: folder + "/all.safetensors")
            let program = """
                import sys, torch, torch.nn.functional as F
                from safetensors.torch import load_file
                w = load_file(sys.argv[1])
                x = w["x"]
                for n in range(1, 6):
                    x = F.conv2d(x, w[f"conv{n}.0.weight"], w.get(f"conv{n}.0.bias"), padding=1)
                    x = F.batch_norm(x, w[f"conv{n}.1.running_mean"], w[f"conv{n}.1.running_var"],
                                     w[f"conv{n}.1.weight"], w[f"conv{n}.1.bias"]).relu()
                    if n == 2:
                        x = F.max_pool2d(x, 3, 2, 1)
                print("same" if torch.allclose(x, w["features"], atol=1e-4, rtol=1e-4) else (x - w["features"]).abs().max())
                """
            #expect(try Oracle.run(program, [folder + "/all.safetensors"]) == "same\n")
        }
    }

    @Test func everyLayerOfEitherTrunkIsThereAndTheLastIsTheTrunks() throws {
        try withTemporaryFolder { folder in
            try trained(folder)
            let heard = try FeatureModel(run: folder + "/run", side: .sound)
            #expect(heard.publishedLayer == "conv5" && heard.layers.count == 6)
            var last: [Int] = []
            for layer in heard.layers {
                var values = clips(heard)
                let (features, shape) = try heard.features(spectrograms: &values, rows: rows, layer: layer)
                #expect(features.count == shape.reduce(1, *) && shape[0] == 2)
                last = shape
            }
            #expect(last[2] == rows / 4)
            let seen = try FeatureModel(run: folder + "/run", side: .picture)
            let pictures = (0..<2 * 8 * 16 * 16 * 3).map { UInt8(truncatingIfNeeded: $0 * 31) }
            for layer in seen.layers {
                let (features, shape) = try seen.features(pictures: pictures, frames: 8, side: 16, layer: layer)
                #expect(features.count == shape.reduce(1, *) && shape[0] == 2 && shape.count == 5)
            }
        }
    }

    @Test func randomWeightsAreOthersAndTheSameForASeed() throws {
        try withTemporaryFolder { folder in
            try trained(folder)
            func features(_ seed: UInt64?) throws -> [Float] {
                let model = try FeatureModel(run: folder + "/run", side: .sound, randomSeed: seed)
                var values = clips(model)
                return try model.features(spectrograms: &values, rows: rows, layer: "conv5").values
            }
            let (own, random) = (try features(nil), try features(4))
            #expect(own != random)
            #expect(try features(4) == random)
            #expect(try features(5) != random)
            #expect(throws: TrainingError.self) { try FeatureModel(run: folder + "/none", side: .sound) }
        }
    }

    /// What L3-Net's classifiers are trained on lies before the ReLU.
    @Test func aLayerBeforeItsReLUIsNegativeWhereThatIsZero() throws {
        let engine = try EngineTests.engine()
        let store = ParameterStore(engine: engine, seed: 1)
        let trunk = try VGGTrunk(store.root / "audio", from: 1, width: 2)
        let input = try Tensor((0..<32 * 24).map { Float($0 % 17) - 8 }, shape: [1, 1, 32, 24], engine: engine)
        let (before, after) = try engine.withoutGradients {
            (
                try trunk(input, training: false, upTo: "conv4_2.norm").floats(),
                try trunk(input, training: false, upTo: "conv4_2").floats()
            )
        }
        #expect(before.contains { $0 < 0 } && after == before.map { max(0, $0) })
        #expect(
            trunk.layers == [
                "conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1", "conv3_2", "conv4_1", "conv4_2.norm", "conv4_2",
            ])
    }
}
