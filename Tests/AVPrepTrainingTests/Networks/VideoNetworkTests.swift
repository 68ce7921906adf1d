import AVPrepTorch
import Foundation
import TestSupport
import Testing

@testable import AVPrepTraining

extension EngineTests {
    @Suite struct VideoNetworkTests {
        let engine: Engine
        init() throws { engine = try EngineTests.engine() }

        private func network(
            trunk: VideoNetworkSettings.Trunk = .mc3, residual: Bool = true, width: Int = 64,
            head: ModelSettings.TemporalHead = .average, frames: Int = 3,
            embedding: Int = 400, seed: UInt64? = nil
        ) throws -> (store: ParameterStore, network: VideoNetwork) {
            let store = ParameterStore(engine: engine, seed: seed)
            var settings = VideoNetworkSettings()
            settings.width = width
            settings.trunk = trunk
            settings.residual = residual
            let network = try VideoNetwork(
                store.root, settings: settings, head: head, frames: frames, embedding: embedding)
            return (store, network)
        }

        /// Recipe §1.2: 11,695,440 parameters with 400 classes; 11,490,240 and 11,316,416 in the trunk, with and without
        /// residual projections.
        @Test func theParametersAreAsManyAsPublished() throws {
            func count(residual: Bool) throws -> Int {
                try network(residual: residual).store.parameters.reduce(0) { $0 + $1.tensor.count }
            }
            #expect(try count(residual: true) == 11_695_440)
            let lastLayer = 512 * 400 + 400
            #expect(try count(residual: true) - lastLayer == 11_490_240)
            #expect(try count(residual: false) - lastLayer == 11_316_416)
        }

        @Test(
            .enabled(if: torchIsAvailable),
            arguments: [
                (VideoNetworkSettings.Trunk.r3d, "r3d"), (.r2plus1d, "r2plus1d"),
            ])
        func everyTrunkIsTorchvisions(_ trunk: VideoNetworkSettings.Trunk, _ name: String) throws {
            let shapes = try TorchReference.tensors(under: name + "-shape.").mapValues { $0.integers.map { Int($0) } }
            let full = try self.network(trunk: trunk).store.entries.map { ($0.name, $0.tensor.shape) }
            #expect(Dictionary(uniqueKeysWithValues: full) == shapes && shapes.count > 100)
            let (store, network) = try network(trunk: trunk, width: 8)
            let weights = try TorchReference.tensors(under: name + ".")
            #expect(try store.values().mapValues(\.shape) == weights.mapValues(\.shape))
            try store.fill(from: weights, source: "torchvision")
            let reference = try TorchReference.tensors()
            let clips = try Tensor(try #require(reference["mc3-clips"]), engine: engine)
            let expected = try #require(reference[name + "-eval"]).floats
            #expect(expected.contains { abs($0) > 0.02 })
            let output = try engine.withoutGradients { try network(clips, training: false).floats() }
            #expect(largestDifference(output, expected) < 1e-4)
        }

        /// Where time is sampled down, the last layer sees as many steps as are left.
        @Test(arguments: [(VideoNetworkSettings.Trunk.r3d, 2), (.r2plus1d, 2), (.mc3, 9)])
        func theKeepTimeHeadKnowsHowMuchOfTimeIsLeft(_ trunk: VideoNetworkSettings.Trunk, times: Int) throws {
            let (store, network) = try network(
                trunk: trunk, width: 4, head: .keepTime, frames: 9, embedding: 7, seed: 1)
            #expect(try store.values()["fc.weight"]?.shape == [7, 32 * times])
            let clips = try Tensor(noise(2 * 3 * 9 * 32 * 32), shape: [2, 3, 9, 32, 32], engine: engine)
            #expect(try network(clips, training: false).shape == [2, 7])
        }

        @Test func theKeepTimeHeadTakesTheTimeAxis() throws {
            let (store, network) = try network(width: 4, head: .keepTime, frames: 5, embedding: 7, seed: 1)
            #expect(try store.values()["fc.weight"]?.shape == [7, 32 * 5])
            let clips = try Tensor(noise(2 * 3 * 5 * 32 * 32), shape: [2, 3, 5, 32, 32], engine: engine)
            #expect(try network.features(clips, training: false).shape == [2, 32, 5, 2, 2])
            #expect(try network(clips, training: false).shape == [2, 7])
            let longer = try Tensor.zeros([1, 3, 6, 32, 32], engine: engine)
            #expect(throws: TorchError.self) { try network(longer, training: false) }
        }

        @Test(.enabled(if: torchIsAvailable)) func namesAndShapesAreTorchvisions() throws {
            let expected = try TorchReference.tensors(under: "mc3.").mapValues(\.shape)
            #expect(try network().store.values().mapValues(\.shape) == expected)
        }

        @Test(.enabled(if: torchIsAvailable)) func theSameWeightsGiveTorchvisionsOutput() throws {
            let reference = try TorchReference.tensors()
            let (store, network) = try network()
            try store.fill(from: try TorchReference.tensors(under: "mc3."), source: "torchvision")
            let clips = try Tensor(try #require(reference["mc3-clips"]), engine: engine)
            let expected = try #require(reference["mc3-eval"]).floats
            #expect(expected.contains { abs($0) > 0.02 }, "outputs so small that the tolerance below means nothing")
            try engine.withoutGradients {
                let evaluated = try network(clips, training: false).floats()
                #expect(largestDifference(evaluated, expected) < 1e-4)
                let trained = try network(clips, training: true).floats()
                #expect(largestDifference(trained, try #require(reference["mc3-train"]).floats) < 1e-4)
            }
            let after = try store.values()
            let mean = try #require(after["stem.1.running_mean"]).floats
            #expect(largestDifference(mean, try #require(reference["mc3-mean-after"]).floats) < 1e-5)
            let variance = try #require(after["stem.1.running_var"]).floats
            #expect(largestDifference(variance, try #require(reference["mc3-variance-after"]).floats) < 1e-5)
        }
    }
}
