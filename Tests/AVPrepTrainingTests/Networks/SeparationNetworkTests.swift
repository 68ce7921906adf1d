import AVPrepTorch
import Foundation
import TestSupport
import Testing

@testable import AVPrepTraining

/// What an independent implementation in PyTorch computes (`Tests/Oracles/reference_separation.py`), made once a test run.
private enum SeparationReference {
    static func tensors(under prefix: String) throws -> [String: HostTensor] {
        try all.get().reduce(into: [:]) { found, entry in
            if entry.key.hasPrefix(prefix) { found[String(entry.key.dropFirst(prefix.count))] = entry.value }
        }
    }

    static func tensor(_ name: String) throws -> HostTensor { try #require(try all.get()[name]) }

    private static let all = Result { () throws -> [String: HostTensor] in
        try withTemporaryFolder { folder in
            let program = try String(
                contentsOfFile: Oracle.repository + "/Tests/Oracles/reference_separation.py", encoding: .utf8)
            _ = try Oracle.run(program, [folder + "/separation.safetensors"])
            return try SafeTensors.read(folder + "/separation.safetensors").tensors
        }
    }
}

extension EngineTests {
    @Suite(.enabled(if: torchIsAvailable)) struct SeparationNetworkTests {
        let engine: Engine
        init() throws { engine = try EngineTests.engine() }

        private func input(_ name: String) throws -> Tensor {
            try Tensor(try SeparationReference.tensor(name), engine: engine)
        }

        private func network(_ features: [Int]) throws -> SeparationNetwork {
            try SeparationNetwork(
                ParameterStore(engine: engine, seed: nil).root, width: 4, layers: 6, features: features)
        }

        private func loss(_ found: (on: Tensor, off: Tensor), _ kind: SeparationSettings.Loss) throws -> Tensor {
            var settings = SeparationSettings()
            settings.loss = kind
            let truth = try input("truth")
            return try SeparationLoss(settings: settings)(
                on: found.on, off: found.off, trueOn: truth.narrowed(1, 0..<2), trueOff: truth.narrowed(1, 2..<4)
            ).mean()
        }

        private func compare(_ name: String, _ network: SeparationNetwork, scales: Int, _ kind: SeparationSettings.Loss)
            throws
        {
            let weights = try SeparationReference.tensors(under: name + ".")
            #expect(try network.store.values().mapValues(\.shape) == weights.mapValues(\.shape))
            try network.store.fill(from: weights, source: name)
            let mixture = try input(name + "-input0")
            let features = try (0..<scales).map { try input("\(name)-input\($0 + 1)") }
            let expected = try SeparationReference.tensor(name + "-eval").floats
            let seen = try engine.withoutGradients { () throws -> [Float] in
                let (on, off) = try network(mixture, features: features, training: false)
                return try Tensor.concatenated([on, off], dimension: 1).ordered(.contiguous).floats()
            }
            #expect(seen.count == expected.count && largestDifference(seen, expected) < 1e-4)
            #expect((expected.map(abs).max() ?? 0) > 0.1)

            let value = try loss(network(mixture, features: features, training: true), kind)
            try value.backward()
            #expect(abs(try value.item() - SeparationReference.tensor(name + "-loss").floats[0]) < 1e-4)
            let gradients = try SeparationReference.tensors(under: name + "-grad.")
            #expect(Set(gradients.keys) == Set(network.store.parameters.map(\.name)))
            for entry in network.store.parameters {
                let expected = try #require(gradients[entry.name]).floats
                let found = try #require(try entry.tensor.gradient()).floats()
                // Of a mean of differences' signs: small numbers.
                let size = max(0.01, expected.map(abs).max() ?? 0)
                #expect(largestDifference(found, expected) < 1e-4 * size, "\(entry.name)")
            }
            for (key, expected) in try SeparationReference.tensors(under: name + "-after.")
            where expected.type == .float32 {
                let found = try #require(try network.store.values()[key]).floats
                #expect(largestDifference(found, expected.floats) < 1e-4, "\(key)")
            }
        }

        @Test func theUNetWithFeaturesIsTheReferences() throws {
            try compare("separation", try network([3, 5, 2]), scales: 3, .onOff)
        }

        @Test func theUNetAloneIsTheReferences() throws {
            try compare("alone", try network([]), scales: 0, .permutationInvariant)
        }

        @Test func bothLossesAreTheReferences() throws {
            let found = try input("found")
            let parts = (on: try found.narrowed(1, 0..<2), off: try found.narrowed(1, 2..<4))
            for (kind, name) in [
                (SeparationSettings.Loss.onOff, "found-on-off"), (.permutationInvariant, "found-invariant"),
            ] {
                let expected = try SeparationReference.tensor(name).floats[0]
                #expect(abs(try loss(parts, kind).item() - expected) < 1e-5, "\(name)")
            }
        }

        @Test func publishedSizesAreTheReferences() throws {
            let store = ParameterStore(engine: engine, seed: nil)
            _ = try SeparationNetwork(store.root, width: 64, layers: 9, features: [64, 128, 512])
            let shapes = try SeparationReference.tensors(under: "separation-shape.").mapValues {
                $0.integers.map(Int.init)
            }
            #expect(Dictionary(uniqueKeysWithValues: store.entries.map { ($0.name, $0.tensor.shape) }) == shapes)
            let count = store.parameters.reduce(0) { $0 + $1.tensor.count }
            #expect(count == 77_617_348)
            #expect(try SeparationReference.tensor("separation-parameters").integers == [Int64(count)])
        }

        /// Sizes that make no network, and rates that are none, are refused by the key's name.
        @Test func settingsThatMakeNoNetworkAreRefused() {
            func refused(_ key: TrainKey, _ change: (inout SeparationSettings) -> Void) {
                var settings = SeparationSettings()
                change(&settings)
                let error = #expect(throws: TrainingError.self) { try settings.check() }
                #expect(error?.description.hasPrefix("\(key) is") == true, "\(String(describing: error))")
            }
            #expect(throws: Never.self) { try SeparationSettings().check() }
            refused(.separationLayers) { $0.layers = 4 }
            refused(.separationFFT) { $0.fft = 1000 }
            refused(.separationFFT) { $0.fft = 2050 }
            refused(.separationWindows) { $0.windows = 100 }
            refused(.separationWindows) { $0.windows = 0 }
            refused(.separationStep) { $0.step = 0 }
            refused(.separationStep) { $0.step = 1000 }
            refused(.separationLevel) { $0.level = .nan }
            refused(.separationPhaseWeight) { $0.phaseWeight = -1 }
            refused(.separationSampleRate) { $0.sampleRate = 0 }
            refused(.separationFPS) { $0.fps = .infinity }
            refused(.separationWidth) { $0.width = 0 }
        }
    }
}
