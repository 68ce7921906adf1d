import AVPrepTorch
import TestSupport
import Testing

extension EngineTests {
    @Suite(.enabled(if: torchIsAvailable, "make test makes the venv")) struct BatchNormTests {
        /// Three batches of training, then one of evaluation, against torch.nn.BatchNorm2d.
        @Test func runningStatisticsAreTorchs() throws {
            let engine = try EngineTests.engine()
            let reference = try TorchReference.tensors()
            let store = ParameterStore(engine: engine, seed: 0)
            let norm = try BatchNorm(store.root, channels: 3)
            let batches = try Tensor(try #require(reference["bn-batches"]), engine: engine)
            var outputs: [Float] = []
            for index in 0..<3 {
                let batch = try batches.narrowed(0, index..<(index + 1)).reshaped([4, 3, 5, 2])
                outputs += try norm(batch, training: true).floats()
            }
            let values = try store.values()
            #expect(largestDifference(outputs, try #require(reference["bn-output"]).floats) < 1e-5)
            let mean = try #require(values["running_mean"]).floats
            #expect(largestDifference(mean, try #require(reference["bn-mean"]).floats) < 1e-6)
            let variance = try #require(values["running_var"]).floats
            #expect(largestDifference(variance, try #require(reference["bn-variance"]).floats) < 1e-6)
            #expect(values["num_batches_tracked"] == reference["bn-count"])

            let first = try batches.narrowed(0, 0..<1).reshaped([4, 3, 5, 2])
            let evaluated = try norm(first, training: false).floats()
            #expect(largestDifference(evaluated, try #require(reference["bn-eval"]).floats) < 1e-5)
            #expect(try store.values() == values, "evaluation changes nothing")
        }
    }
}
