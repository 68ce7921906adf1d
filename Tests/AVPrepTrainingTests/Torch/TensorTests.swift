import AVPrepTraining
import Foundation
import TestSupport
import Testing

@testable import AVPrepTorch

extension EngineTests {
    @Suite struct TensorTests {
        let engine: Engine
        init() throws { engine = try EngineTests.engine() }

        private func tensor(_ values: [Float], _ shape: [Int]) throws -> Tensor {
            try Tensor(values, shape: shape, engine: engine)
        }

        @Test func theEngineNamesItsLibrary() {
            #expect(engine.description.hasPrefix("libtorch "))
            #expect(engine.deviceName == "cpu")
            #expect(engine.threads == 1)
        }

        @Test func valuesOfEveryTypeComeBackAsTheyWent() throws {
            let floats = try tensor([1, -2.5, .infinity, 0, 5, 6], [2, 3])
            #expect(try floats.floats() == [1, -2.5, .infinity, 0, 5, 6])
            #expect(floats.shape == [2, 3])
            #expect(floats.type == .float32)
            let integers = try Tensor(integers: [.min, 0, .max], shape: [3], engine: engine)
            #expect(try integers.integers() == [.min, 0, .max])
            let bytes = try Tensor(bytes: [0, 255], shape: [1, 2], engine: engine)
            #expect(try bytes.host() == HostTensor(type: .uint8, shape: [1, 2], bytes: Data([0, 255])))
            #expect(try bytes.converted(to: .float32).floats() == [0, 255])
        }

        @Test func emptyTensorsAndSingleNumbersExist() throws {
            let empty = try tensor([], [0, 4])
            #expect(empty.shape == [0, 4])
            #expect(try empty.floats().isEmpty)
            let number = try tensor([3], [])
            #expect(number.shape == [])
            #expect(try number.item() == 3)
        }

        @Test func arithmeticBroadcastsAsNumpyDoes() throws {
            let matrix = try tensor([1, 2, 3, 4], [2, 2])
            let row = try tensor([10, 20], [2])
            #expect(try (matrix + row).floats() == [11, 22, 13, 24])
            #expect(try (matrix - row).floats() == [-9, -18, -7, -16])
            #expect(try (matrix * row).floats() == [10, 40, 30, 80])
            #expect(try (matrix / row).floats() == [0.1, 0.1, 0.3, 0.2])
            #expect(try (((matrix * 2 + 1) - 3) / 2).floats() == [0, 1, 2, 3])
            #expect(try matrix.power(2).squareRoot().clamped(minimum: 2).floats() == [2, 2, 3, 4])
            #expect(try (matrix - 2.5).relu().floats() == [0, 0, 0.5, 1.5])
        }

        @Test func curvesAreTakenOfEachElement() throws {
            let values = try tensor([-2, -0.5, 0, 3], [4])
            #expect(try values.leakyRelu(0.2).floats() == [-0.4, -0.1, 0, 3])
            #expect(try values.magnitude().floats() == [2, 0.5, 0, 3])
            for (found, value) in zip(try values.hyperbolicTangent().floats(), [-2, -0.5, 0, 3] as [Float]) {
                #expect(abs(found - tanh(value)) < 1e-6)
            }
        }

        /// What a convolution takes from its input, its transpose gives back to it: the gradient of the one is the other.
        @Test func aTransposedConvolutionIsTheGradientOfAConvolution() throws {
            let weight = try tensor(noise(2 * 3 * 4 * 4), [2, 3, 4, 4])
            let input = try tensor(noise(3 * 8 * 6), [1, 3, 8, 6])
            let upper = try tensor(noise(2 * 4 * 3), [1, 2, 4, 3])
            try input.setRequiresGradient(true)
            let output = try input.convolved(with: weight, stride: [2, 2], padding: [1, 1])
            try (output * upper).sum().backward()
            let gradient = try #require(try input.gradient()).floats()
            let found = try upper.transposedConvolved(with: weight, stride: [2, 2], padding: [1, 1])
            #expect(found.shape == [1, 3, 8, 6])
            #expect(largestDifference(try found.floats(), gradient) < 1e-5)
        }

        @Test func reductionsRunAlongDimensions() throws {
            let matrix = try tensor([1, 2, 3, 4, 5, 9], [2, 3])
            #expect(try matrix.sum().item() == 24)
            #expect(try matrix.mean([0]).floats() == [2.5, 3.5, 6])
            #expect(try matrix.maximum([-1], keepDimensions: true).host() == HostTensor([3, 9], shape: [2, 1]))
            #expect(try matrix.sum([0, 1], keepDimensions: true).shape == [1, 1])
        }

        @Test func shapesChangeAndPartsAreTaken() throws {
            let matrix = try tensor([1, 2, 3, 4, 5, 6], [2, 3])
            #expect(try matrix.permuted([1, 0]).host() == HostTensor([1, 4, 2, 5, 3, 6], shape: [3, 2]))
            #expect(try matrix.reshaped([-1, 2]).shape == [3, 2])
            #expect(try matrix.narrowed(1, 1..<3).floats() == [2, 3, 5, 6])
            #expect(try matrix.selected(0, [1, 0, 1]).floats() == [4, 5, 6, 1, 2, 3, 4, 5, 6])
            #expect(try Tensor.concatenated([matrix, matrix], dimension: 1).shape == [2, 6])
        }

        @Test func anotherOrderInMemoryIsReadBackRowMajor() throws {
            let values = noise(2 * 3 * 2 * 4 * 5)
            let clips = try tensor(values, [2, 3, 2, 4, 5])
            #expect(try clips.ordered(.channelsLast3D).floats() == values)
        }

        @Test func gradientsAddUpUntilTheyAreCleared() throws {
            let weight = try tensor([2, 3], [2])
            try weight.setRequiresGradient(true)
            #expect(weight.requiresGradient)
            #expect(try weight.gradient() == nil)
            try weight.power(2).sum().backward()
            try weight.power(2).sum().backward()
            #expect(try weight.gradient()?.floats() == [8, 12])
            try weight.clearGradient()
            #expect(try weight.gradient() == nil)
        }

        @Test func nothingIsRecordedWithoutGradients() throws {
            let weight = try tensor([2], [1])
            try weight.setRequiresGradient(true)
            let inside = try engine.withoutGradients { try weight * 2 }
            #expect(!inside.requiresGradient)
            #expect(try (weight * 2).requiresGradient)
            #expect(try !(weight * 2).detached().requiresGradient)
        }

        @Test func dropoutIsAFunctionOfItsSeed() throws {
            let ones = try tensor(Array(repeating: 1, count: 4000), [4000])
            let first = try ones.droppedOut(probability: 0.25, seed: 5).floats()
            _ = try ones.droppedOut(probability: 0.25, seed: 6)
            #expect(try ones.droppedOut(probability: 0.25, seed: 5).floats() == first)
            #expect(try ones.droppedOut(probability: 0.25, seed: 6).floats() != first)
            #expect(Set(first) == [0, 1 / 0.75])
            #expect((900...1100).contains(first.count { $0 == 0 }))
        }

        @Test func wrongShapesAreErrorsInTheLibrarysWords() throws {
            let matrix = try tensor([1, 2, 3, 4, 5, 6], [2, 3])
            let error = #expect(throws: TorchError.self) {
                try matrix.linear(weight: try tensor([1, 2], [1, 2]))
            }
            #expect(error?.code == .operation)
            #expect(error?.description.contains("[2, 3]") == true)
            #expect(error?.description.contains("[1, 2]") == true)
            #expect(error?.description.contains("\n") == false)
            #expect(throws: TorchError.self) { try matrix.reshaped([4]) }
            #expect(throws: TorchError.self) { try matrix.narrowed(0, 1..<5) }
            #expect(throws: TorchError.self) { try matrix.selected(0, [2]) }
            #expect(throws: TorchError.self) { try matrix.backward() }
            #expect(throws: TorchError.self) {
                try Tensor.concatenated([matrix, try tensor([1], [1])], dimension: 0)
            }
            #expect(throws: TorchError.self) {
                try matrix.convolved(with: matrix, stride: [1, 1], padding: [0, 0])
            }
            #expect(throws: TorchError.self) { try Tensor.zeros([-1], engine: engine) }
            #expect(throws: TorchError.self) { try matrix.crossEntropy(classes: try tensor([0, 1], [2])) }
        }

        @Test func aClassOutsideTheLogitsIsAnError() throws {
            let logits = try tensor([1, 2, 3, 4], [2, 2])
            let classes = try Tensor(integers: [0, 7], shape: [2], engine: engine)
            #expect(throws: TorchError.self) { try logits.crossEntropy(classes: classes) }
        }

        @Test func noOperationKeepsATensorAlive() throws {
            let before = engine.liveTensors
            let weight = try tensor(noise(9), [3, 3])
            try weight.setRequiresGradient(true)
            for index in 0..<1000 {
                let input = try tensor(noise(6, seed: index), [2, 3])
                try input.linear(weight: weight).relu().sum().backward()
                _ = try weight.gradient()
                _ = try? input.reshaped([5])
            }
            // Five tensors a round would make 5000; other tests may hold some hundreds at the same time.
            #expect(engine.liveTensors - before < 1000)
        }

        @Test(.enabled(if: torchIsAvailable)) func poolsAndEntropiesAreTorchs() throws {
            let reference = try TorchReference.tensors()
            func given(_ name: String) throws -> Tensor { try Tensor(try #require(reference[name]), engine: engine) }
            func expected(_ name: String) throws -> HostTensor { try #require(reference[name]) }
            let x = try given("x")
            let adaptive = try x.adaptivelyAveragePooled(to: [2, 3, 1]).host()
            #expect(try largestDifference(adaptive.floats, expected("adaptive").floats) < 1e-6)
            #expect(
                try x.maxPooled(kernel: [3, 3, 2], stride: [1, 2, 2], padding: [1, 1, 0]).host() == expected("pool3"))
            let picture = try x.narrowed(2, 0..<1).reshaped([2, 3, 7, 6])
            #expect(
                try picture.maxPooled(kernel: [3, 3], stride: [2, 2], padding: [1, 1]).host() == expected("pool2"))
            let logits = try given("logits")
            let entropy = try logits.crossEntropy(classes: try given("classes")).item()
            #expect(try abs(entropy - expected("cross-entropy").floats[0]) < 1e-6)
            let column = try logits.narrowed(1, 0..<1).reshaped([5])
            let binary = try column.binaryCrossEntropy(targets: try given("targets")).item()
            #expect(try abs(binary - expected("binary-cross-entropy").floats[0]) < 1e-6)
        }
    }
}
