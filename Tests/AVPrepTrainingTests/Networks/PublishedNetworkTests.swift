import AVPrepTorch
import Foundation
import TestSupport
import Testing

@testable import AVPrepTraining

/// What independent implementations in PyTorch compute (`Tests/Oracles/reference_networks.py`), made once a test run.
private enum NetworkReference {
    static func tensors(under prefix: String) throws -> [String: HostTensor] {
        try all.get().reduce(into: [:]) { found, entry in
            if entry.key.hasPrefix(prefix) { found[String(entry.key.dropFirst(prefix.count))] = entry.value }
        }
    }

    static func tensor(_ name: String) throws -> HostTensor { try #require(try all.get()[name]) }

    private static let all = Result { () throws -> [String: HostTensor] in
        try withTemporaryFolder { folder in
            let program = try String(
                contentsOfFile: Oracle.repository + "/Tests/Oracles/reference_networks.py", encoding: .utf8)
            _ = try Oracle.run(program, [folder + "/networks.safetensors"])
            return try SafeTensors.read(folder + "/networks.safetensors").tensors
        }
    }
}

extension EngineTests {
    /// Names, shapes, outputs, losses, gradients and statistics against the references.
    @Suite(.enabled(if: torchIsAvailable)) struct PublishedNetworkTests {
        let engine: Engine
        init() throws { engine = try EngineTests.engine() }

        private func input(_ name: String) throws -> Tensor {
            try Tensor(try NetworkReference.tensor(name), engine: engine)
        }

        /// Compares a network with the reference of this name.
        ///
        /// - Parameters:
        ///   - tolerance: of gradients, as a share of the largest of each tensor.
        ///   - output: of the inputs, in evaluation or in training.
        ///   - loss: of that output.
        private func compare(
            _ name: String, _ store: ParameterStore, tolerance: Float = 1e-4,
            output: (_ training: Bool) throws -> Tensor,
            loss: (Tensor) throws -> Tensor
        ) throws {
            let weights = try NetworkReference.tensors(under: name + ".")
            #expect(try store.values().mapValues(\.shape) == weights.mapValues(\.shape))
            try store.fill(from: weights, source: name)
            let expected = try NetworkReference.tensor(name + "-eval").floats
            #expect((expected.map(abs).max() ?? 0) > 0.02, "outputs so small that the tolerance means nothing")
            let evaluated = try engine.withoutGradients { try output(false).floats() }
            #expect(evaluated.count == expected.count && largestDifference(evaluated, expected) < 1e-4)

            let value = try loss(try output(true))
            try value.backward()
            #expect(abs(try value.item() - NetworkReference.tensor(name + "-loss").floats[0]) < 1e-4)
            let gradients = try NetworkReference.tensors(under: name + "-grad.")
            #expect(Set(gradients.keys) == Set(store.parameters.map(\.name)))
            for entry in store.parameters {
                let expected = try #require(gradients[entry.name]).floats
                let found = try #require(try entry.tensor.gradient()).floats()
                let size = max(0.1, expected.map(abs).max() ?? 0)
                #expect(largestDifference(found, expected) < tolerance * size, "\(entry.name)")
            }
            for (key, expected) in try NetworkReference.tensors(under: name + "-after.") where expected.type == .float32
            {
                let found = try #require(try store.values()[key]).floats
                #expect(largestDifference(found, expected.floats) < 1e-4, "\(key)")
            }
        }

        /// Compares the features of all layers, in evaluation.
        private func compareLayers(_ name: String, _ layers: [String], _ features: (String) throws -> Tensor) throws {
            let references = try NetworkReference.tensors(under: name + "-hook.")
            #expect(Set(references.keys) == Set(layers))
            for (layer, expected) in references {
                let own = try engine.withoutGradients { try features(layer).ordered(.contiguous) }
                #expect(own.shape.filter { $0 > 1 } == expected.shape.filter { $0 > 1 }, "\(layer)")
                let size = max(1, expected.floats.map(abs).max() ?? 0)
                #expect(largestDifference(try own.floats(), expected.floats) < 1e-4 * size, "\(layer)")
            }
        }

        /// The weighted mean of all features that the references take for a loss.
        private func weighted(_ features: Tensor) throws -> Tensor {
            let weights = try NetworkReference.tensor("weights").floats
            let spread = (0..<features.count).map { weights[$0 % weights.count] }
            return try
                (features.ordered(.contiguous).reshaped([-1])
                * Tensor(
                    spread, shape: [spread.count], engine: engine)).mean()
        }

        private func model(width: Int) -> ModelSettings {
            var settings = ModelSettings()
            settings.cropSize = 24
            settings.video.width = width
            settings.audio.width = width
            return settings
        }

        @Test func l3IsTheReferences() throws {
            let network = try CorrespondenceNetwork(
                settings: model(width: 8), sound: (25, 34), seed: nil, engine: engine)
            let labels = try input("labels")
            try compare("l3", network.store) {
                try network(pictures: try input("l3-input0"), spectrograms: try input("l3-input1"), training: $0)
            } loss: {
                try FusionHead.loss($0, labels: labels)
            }
            let logits = try NetworkReference.tensor("l3-eval").floats
            let probabilities = try FusionHead.probabilities(try input("l3-eval"))
            for (index, probability) in probabilities.enumerated() {
                let (no, yes) = (exp(logits[2 * index]), exp(logits[2 * index + 1]))
                #expect(abs(probability - yes / (no + yes)) < 1e-6)
            }
        }

        @Test func theSupervisedBaselineIsTheReferences() throws {
            let network = try LabelNetwork(settings: model(width: 8), classes: 3, seed: nil, engine: engine)
            let targets = try input("targets")
            try compare("classes", network.store) {
                let (video, audio) = try network(
                    pictures: try input("classes-input0"), spectrograms: try input("classes-input1"), training: $0)
                return try Tensor.concatenated([video, audio], dimension: 1)
            } loss: {
                try ($0 * targets).sum([1]).mean() * -1
            }
            let logs = try NetworkReference.tensor("classes-eval").floats
            let (video, audio) = (
                try input("classes-eval").narrowed(1, 0..<3), try input("classes-eval").narrowed(1, 3..<6)
            )
            for (row, product) in try LabelNetwork.products(video, audio).enumerated() {
                let expected = (0..<3).reduce(Float(0)) { $0 + exp(logs[row * 6 + $1]) * exp(logs[row * 6 + 3 + $1]) }
                #expect(abs(product - expected) < 1e-6)
            }
        }

        @Test func theVGGTrunkIsTheReferences() throws {
            let store = ParameterStore(engine: engine, seed: nil)
            let trunk = try VGGTrunk(store.root, from: 1, width: 8)
            try compare("vgg", store) {
                try trunk(try input("vgg-input0"), training: $0)
            } loss: {
                try weighted($0)
            }
            #expect(try trunk(try input("vgg-input0"), training: false).shape == [2, 64, 3, 2])
            #expect(trunk.steps(ofFrames: 100) == 12)
        }

        @Test func i3DIsTheReferences() throws {
            let store = ParameterStore(engine: engine, seed: nil)
            let trunk = try InceptionTrunk(store.root, width: 8)
            try compare("i3d", store) {
                try trunk(try input("i3d-input0"), training: $0)
            } loss: {
                try weighted($0)
            }
            #expect(try trunk(try input("i3d-input0"), training: false).shape == [2, 128, 2, 2, 1])
            #expect(trunk.steps(ofFrames: 9) == 2 && trunk.steps(ofFrames: 25) == 4 && trunk.channels == 128)
        }

        /// Without dropout, whose choice is the engine's own.
        @Test func arrowOfTimesNetworkIsTheReferences() throws {
            let network = try ArrowNetwork(
                width: 4, pictures: 6, segments: 2, dropout: 0, seed: nil, engine: engine)
            let labels = try input("labels")
            // Fifteen normalisations, the last of sixteen values a channel, make more of each rounding.
            try compare("tcam", network.store, tolerance: 5e-4) {
                try network(try input("tcam-input0"), training: $0)
            } loss: {
                try $0.binaryCrossEntropy(targets: labels)
            }
            #expect(try network.features(try input("tcam-input0"), training: false).shape == [4, 64, 2, 2])
            try network.store.fill(from: try NetworkReference.tensors(under: "tcam."), source: "tcam")
            try compareLayers("tcam", network.layers) {
                try network.features(try input("tcam-input0"), training: false, upTo: $0)
            }
        }

        /// Two sounds a picture, whose pictures are looked at once: the reference repeats them.
        @Test(arguments: MultisensorySettings.Hearing.allCases)
        func multisensorysNetworkIsTheReferences(_ hears: MultisensorySettings.Hearing) throws {
            let name = "multisensory-\(hears.rawValue)"
            let sound: SoundTrunk.Input? =
                switch hears {
                case .waveform: .waveform(channels: 2)
                case .spectrogram: .spectrogram(bins: 11)
                case .nothing: nil
                }
            let network = try MultisensoryNetwork(
                settings: model(width: 4), sound: sound, seed: nil, engine: engine)
            func features(_ training: Bool) throws -> MultisensoryNetwork.Features {
                try network.features(
                    pictures: try input(name + "-input0").ordered(.channelsLast3D),
                    sounds: try sound.map { _ in try input(name + "-input1") }, training: training)
            }
            let targets: [Float] = hears == .nothing ? [0, 0] : [1, 1, 0, 0]
            // Twenty normalisations make more of each rounding.
            try compare(name, network.store, tolerance: 5e-4) {
                try network.logits(of: try features($0))
            } loss: {
                try $0.binaryCrossEntropy(targets: try Tensor(targets, shape: [targets.count], engine: engine))
            }
            try network.store.fill(from: try NetworkReference.tensors(under: name + "."), source: name)
            let found = try engine.withoutGradients { try features(false) }
            let expected = try NetworkReference.tensors(under: name + "-layer.")
            #expect(expected.count == 4)
            for (layer, values) in expected {
                let own = try #require(found[layer])
                #expect(own.shape == values.shape)
                let size = max(1, values.floats.map(abs).max() ?? 0)
                #expect(largestDifference(try own.floats(), values.floats) < 1e-4 * size, "\(layer)")
            }
            #expect(found["conv1"] == nil)
            let parts = network.layers
            try compareLayers(name, parts.picture + parts.sound + parts.fused) {
                try network.features(
                    pictures: try input(name + "-input0").ordered(.channelsLast3D),
                    sounds: try sound.map { _ in try input(name + "-input1") }, upTo: $0)
            }
            // The logit is the mean of the class activation map, and what is added to it.
            let weight = try network.answer.weight.reshaped([1, -1, 1, 1, 1])
            let map = try (found.conv5 * weight).sum([1]).mean([1, 2, 3]) + network.answer.bias
            #expect(largestDifference(try map.floats(), try network.logits(of: found).floats()) < 1e-4)
        }

        @Test func theFusionHeadIsTheReferences() throws {
            let store = ParameterStore(engine: engine, seed: nil)
            let head = try FusionHead(store.root, from: 12, hidden: 128)
            let labels = try input("labels")
            try compare("answers", store) { _ in
                try head(try input("answers-input0"), try input("answers-input1"))
            } loss: {
                try FusionHead.loss($0, labels: labels)
            }
        }

        /// At the published width: every tensor's name and shape, and the numbers of parameters in the layer tables.
        @Test func publishedSizesAreTheReferences() throws {
            func check(_ name: String, _ store: ParameterStore, parameters: Int) throws {
                let shapes = try NetworkReference.tensors(under: name + "-shape.").mapValues {
                    $0.integers.map(Int.init)
                }
                let own = Dictionary(uniqueKeysWithValues: store.entries.map { ($0.name, $0.tensor.shape) })
                #expect(own == shapes && shapes.count >= 100)
                #expect(store.parameters.reduce(0) { $0 + $1.tensor.count } == parameters)
            }
            let l3 = try CorrespondenceNetwork(
                settings: model(width: 64), sound: (199, 257), seed: nil, engine: engine)
            try check("l3", l3.store, parameters: 9_504_898)
            let i3d = ParameterStore(engine: engine, seed: nil)
            _ = try InceptionTrunk(i3d.root, width: 64)
            try check("i3d", i3d, parameters: 12_287_264)
            let arrow = try ArrowNetwork(width: 64, pictures: 20, segments: 2, seed: nil, engine: engine)
            try check("tcam", arrow.store, parameters: 33_614_465)
            let multisensory = try MultisensoryNetwork(
                settings: model(width: 64), sound: .waveform(channels: 2), seed: nil, engine: engine)
            try check("multisensory", multisensory.store, parameters: 36_042_049)
        }
    }
}
