import AVPrepTorch
import AVPrepTraining
import TestSupport
import Testing

extension EngineTests {
    @Suite(.enabled(if: torchIsAvailable, "make test makes the venv")) struct OptimizerTests {
        let engine: Engine
        init() throws { engine = try EngineTests.engine() }

        private func start() throws -> ParameterStore {
            let store = ParameterStore(engine: engine, seed: 0)
            let parameter = try store.root.parameter("p", shape: [4, 3], .constant(0))
            try parameter.fill(from: try #require(try TorchReference.tensors()["optimizer-start"]))
            return store
        }

        private func descend(_ store: ParameterStore, _ optimizer: any Optimizer, steps: Int) throws {
            let scale = try Tensor((1...12).map { Float($0) }, shape: [4, 3], engine: engine)
            for _ in 0..<steps {
                try optimizer.clearGradients()
                try (store.parameters[0].tensor.power(2) * scale).mean().backward()
                try optimizer.step()
            }
        }

        private func optimizers(_ parameters: [ParameterStore.Entry]) -> [(String, any Optimizer)] {
            [
                ("sgd-plain", SGD(parameters, learningRate: 0.1)),
                ("sgd-momentum", SGD(parameters, learningRate: 0.1, momentum: 0.9, weightDecay: 0.01)),
                (
                    "sgd-dampened",
                    SGD(parameters, learningRate: 0.1, momentum: 0.9, dampening: 0.9, weightDecay: 0.001)
                ),
                ("sgd-nesterov", SGD(parameters, learningRate: 0.1, momentum: 0.9, isNesterov: true)),
                ("adam", Adam(parameters, learningRate: 0.1, weightDecay: 0.01)),
                ("adamw", Adam(parameters, learningRate: 0.1, weightDecay: 0.01, isDecoupled: true)),
            ]
        }

        @Test func fiveStepsAreTorchs() throws {
            for index in 0..<6 {
                let store = try start()
                let (name, optimizer) = optimizers(store.parameters)[index]
                try descend(store, optimizer, steps: 5)
                let expected = try #require(try TorchReference.tensors()[name]).floats
                #expect(largestDifference(try store.parameters[0].tensor.floats(), expected) < 1e-6, "\(name)")
            }
        }

        @Test func aRestoredOptimizerGoesOnAsIfNeverStopped() throws {
            for index in 0..<6 {
                let store = try start()
                let (name, optimizer) = optimizers(store.parameters)[index]
                try descend(store, optimizer, steps: 2)
                let (values, state) = (try store.values(), try optimizer.state())
                try descend(store, optimizer, steps: 3)

                let resumed = try start()
                try resumed.fill(from: values, source: "test")
                let (_, second) = optimizers(resumed.parameters)[index]
                try second.restore(state)
                try descend(resumed, second, steps: 3)
                #expect(try resumed.values() == store.values(), "\(name)")
            }
        }

        @Test func gradientsAreClippedAsTorchClipsThem() throws {
            let store = try start()
            let scale = try Tensor((1...12).map { Float($0) }, shape: [4, 3], engine: engine)
            try (store.parameters[0].tensor.power(2) * scale).mean().backward()
            let expected = try TorchReference.tensors()
            let norm = try #require(try store.parameters.clipGradients(to: 0.5)).item()
            #expect(abs(norm - (try #require(expected["clip-norm"]).floats[0])) < 1e-5 && norm > 0.5)
            let gradient = try #require(try store.parameters[0].tensor.gradient()).floats()
            #expect(largestDifference(gradient, try #require(expected["clip-gradient"]).floats) < 1e-6)
            // A norm below the limit changes nothing.
            #expect(abs(try #require(try store.parameters.clipGradients(to: 10)).item() - 0.5) < 1e-5)
            #expect(try store.parameters[0].tensor.gradient()?.floats() == gradient)
        }

        @Test func aStateOfAnotherShapeIsRefused() throws {
            let store = try start()
            let wrong = ["momentum.p": HostTensor([1, 2], shape: [2])]
            #expect(throws: TorchError.self) {
                try SGD(store.parameters, learningRate: 0.1, momentum: 0.9).restore(wrong)
            }
            #expect(throws: TorchError.self) { try Adam(store.parameters, learningRate: 0.1).restore(wrong) }
        }

        @Test func parametersWithoutAGradientStay() throws {
            let store = try start()
            let before = try store.values()
            let optimizer = SGD(store.parameters, learningRate: 0.1, momentum: 0.9, weightDecay: 0.1)
            try optimizer.step()
            #expect(try store.values() == before)
            #expect(try optimizer.state().isEmpty)
        }
    }
}
