import AVPrepTorch
import AVPrepTraining
import Foundation
import TestSupport
import Testing

extension EngineTests {
    @Suite struct ParameterStoreTests {
        let engine: Engine
        init() throws { engine = try EngineTests.engine() }

        private func linear(seed: UInt64?, at part: String = "fc") throws -> ParameterStore {
            let store = ParameterStore(engine: engine, seed: seed)
            _ = try Linear(store.root / part, from: 100, to: 50)
            return store
        }

        @Test func firstValuesDependOnSeedAndNameAlone() throws {
            let values = try linear(seed: 3).values(under: "fc.")
            #expect(try linear(seed: 3).values(under: "fc.") == values)
            #expect(try linear(seed: 4).values(under: "fc.") != values)
            #expect(try linear(seed: 3, at: "gc").values(under: "gc.") != values)
            #expect(try linear(seed: nil).values(under: "fc.")["weight"]?.floats.allSatisfy { $0 == 0 } == true)
        }

        @Test func firstValuesHaveTorchvisionsSpread() throws {
            func deviation(_ values: [Float]) -> Double {
                (values.reduce(0) { $0 + Double($1) * Double($1) } / Double(values.count)).squareRoot()
            }
            let values = try linear(seed: 3).values()
            #expect(abs(deviation(try #require(values["fc.weight"]).floats) - 0.01) < 0.0005)
            #expect(try #require(values["fc.bias"]).floats.allSatisfy { $0 == 0 })
            let store = ParameterStore(engine: engine, seed: 3)
            _ = try Convolution(
                store.root, from: 8, to: 16, kernel: [3, 3, 3], stride: [1, 1, 1], padding: [0, 0, 0])
            let expected = (2.0 / (16 * 27)).squareRoot()
            #expect(abs(deviation(try #require(store.values()["weight"]).floats) / expected - 1) < 0.05)
        }

        @Test func weightsThatDoNotFitAreRefusedAndChangeNothing() throws {
            let store = try linear(seed: 3)
            let before = try store.values()
            let weight = HostTensor(noise(5000), shape: [50, 100])
            let cases: [[String: HostTensor]] = [
                ["fc.weight": weight],
                ["fc.weight": weight, "fc.bias": HostTensor(noise(50), shape: [50]), "x": weight],
                ["fc.weight": weight, "fc.bias": HostTensor(noise(49), shape: [49])],
                ["fc.weight": weight, "fc.bias": HostTensor(integers: Array(repeating: 0, count: 50), shape: [50])],
            ]
            for values in cases {
                let error = #expect(throws: TorchError.self) {
                    try store.fill(from: values, source: "w.safetensors")
                }
                #expect(error?.code == .weights)
                #expect(error?.description.contains("w.safetensors") == true)
            }
            #expect(try store.values() == before)
        }

        @Test func whatIsMissingOrUnknownIsReported() throws {
            let store = try linear(seed: 3)
            let report = try store.fill(
                under: "fc.", from: ["bias": HostTensor(noise(50), shape: [50]), "extra": HostTensor([1], shape: [])],
                isComplete: false, source: "test")
            #expect(report.missing == ["weight"])
            #expect(report.unexpected == ["extra"])
            #expect(try store.values()["fc.bias"]?.floats == noise(50))
        }
    }
}
