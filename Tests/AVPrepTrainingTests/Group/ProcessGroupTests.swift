import AVPrepCore
import AVPrepModel
import CEngine
import Foundation
import TestSupport
import Testing

@testable import AVPrepTorch
@testable import AVPrepTraining

/// What processes with one model compute together, played by threads: see ``Threads``.
@Suite(.serialized, .timeLimit(.minutes(2)), .enabled(if: Products.hasEngine, "make engine builds it"))
struct ProcessGroupTests {
    private static let inputs = [
        InputShape(name: PictureInput.name, type: .uint8, sizes: [8, 12, 12, 3]),
        InputShape(name: SpectrogramInput.name, type: .float32, sizes: [1, 32, 6]),
    ]

    /// A recipe's model with the same first weights everywhere, and a batch.
    private static func model(_ engine: Engine) throws -> any RecipeModel {
        var settings = TrainerTests.settings()
        settings.model.cropSize = 12
        return try settings.recipe.makeModel(shapes, seed: 5, engine: engine)
    }

    private static var shapes: [InputShape] { inputs }

    private static func batch(_ pairs: some Collection<Int>) throws -> Batch {
        let batch = try Batch(capacity: pairs.count, inputs: shapes)
        batch.begin(Array(pairs)[...])
        for (slot, pair) in pairs.enumerated() {
            var random = SeededRandom(seed: 7, for: "pair \(pair)")
            for (index, input) in shapes.enumerated() {
                let bytes = batch.bytes(index, slot: slot)
                for place in 0..<input.count {
                    switch input.type {
                    case .uint8: bytes[place] = UInt8(truncatingIfNeeded: Int(random.next() % 256))
                    default:
                        bytes.storeBytes(of: Float(random.normal()), toByteOffset: 4 * place, as: Float.self)
                    }
                }
            }
            batch.labels[slot] = Float(pair % 2)
        }
        return batch
    }

    /// Gradients by name.
    private static func gradients(_ store: ParameterStore) throws -> [String: [Float]] {
        try store.parameters.reduce(into: [:]) { $0[$1.name] = try $1.tensor.gradient()?.floats() ?? [] }
    }

    /// The largest difference, as a share of the gradient's largest value.
    private func difference(_ left: [String: [Float]], _ right: [String: [Float]]) -> Float {
        #expect(left.keys == right.keys && !left.isEmpty)
        return left.map { name, values in
            let other = right[name] ?? []
            let largest = values.map(abs).max() ?? 0
            return zip(values, other).map { abs($0 - $1) }.max().map { $0 / max(largest, 1e-6) } ?? 0
        }.max() ?? .infinity
    }

    private static func backward(_ model: any RecipeModel, _ batch: Batch, parts: Int = 1) throws {
        for part in try TensorBatch(batch, engine: model.store.engine).parts(parts) {
            try (try model.loss(of: part) * (1 / Double(parts))).backward()
        }
    }

    private func together(synchronizes: Bool) throws -> [(
        gradients: [String: [Float]], values: [String: HostTensor]
    )] {
        try Threads.run { group in
            let engine = try Engine.load(device: .cpu, threads: 1).joining(group, synchronizesBatchNorm: synchronizes)
            let model = try Self.model(engine)
            try Self.backward(model, try Self.batch(group.rank * 4..<group.rank * 4 + 4))
            try model.store.averageGradients()
            return (try Self.gradients(model.store), try model.store.values())
        }
    }

    @Test func twoHalvesOfABatchGiveTheGradientsOfItsTwoPartsOneAfterTheOther() throws {
        let model = try Self.model(try Engine.load(device: .cpu, threads: 1))
        try Self.backward(model, try Self.batch(0..<8), parts: 2)
        let one = try Self.gradients(model.store)
        let two = try together(synchronizes: false)
        #expect(two.count == 2 && two[0].gradients == two[1].gradients)
        #expect(difference(one, two[0].gradients) < 1e-5)
        // The statistics are those of each process's own batches.
        #expect(two[0].values["video.stem.1.running_mean"] != two[1].values["video.stem.1.running_mean"])
    }

    @Test func withSynchronisedStatisticsTwoHalvesAreTheWholeBatch() throws {
        let model = try Self.model(try Engine.load(device: .cpu, threads: 1))
        try Self.backward(model, try Self.batch(0..<8))
        let one = try Self.gradients(model.store)
        let two = try together(synchronizes: true)
        // The same batch in other orders, by one process: what single precision makes of another order of the same sums. In
        // double precision the order makes no difference that matters; two processes are one more order.
        let orders = try [[4, 5, 6, 7, 0, 1, 2, 3], [1, 0, 3, 2, 5, 4, 7, 6], [7, 6, 5, 4, 3, 2, 1, 0]].map { order in
            let model = try Self.model(try Engine.load(device: .cpu, threads: 1))
            try Self.backward(model, try Self.batch(order))
            return difference(one, try Self.gradients(model.store))
        }
        let own = difference(one, two[0].gradients)
        #expect(own < 1e-4 && own < 10 * (orders.max() ?? 0), "\(own), by order alone \(orders)")
        let values = try model.store.values()
        for (name, value) in values where name.contains("running") {
            let other = try #require(two[1].values[name]).floats
            #expect(two[0].values[name]?.floats == other)
            let error = zip(value.floats, other).map { abs($0 - $1) }.max() ?? 1
            #expect(error < 1e-5, "\(name) \(error)")
        }
        #expect(values["video.stem.1.num_batches_tracked"] == two[0].values["video.stem.1.num_batches_tracked"])
    }

    /// One layer at odd sizes, whose input's mean is large beside its deviation.
    @Test func aSynchronisedLayerIsTheLayerOfTheWholeBatch() throws {
        let shape = [6, 3, 2, 5]
        var random = SeededRandom(seed: 1, for: "input")
        let values = (0..<180).map { Float(1000 + ($0 / 10 % 3) * 100) + Float(random.normal()) }
        let slopes = (0..<180).map { _ in Float(random.normal()) }
        @Sendable func pass(_ engine: Engine, _ rows: Range<Int>) throws -> [[Float]] {
            let store = ParameterStore(engine: engine, seed: 1)
            let norm = try BatchNorm(store.root, channels: 3)
            let span = rows.lowerBound * 30..<rows.upperBound * 30
            let own = [rows.count] + shape.dropFirst()
            let input = try Tensor(Array(values[span]), shape: own, engine: engine)
            try input.setRequiresGradient(true)
            let output = try norm(input, training: true)
            try (output * Tensor(Array(slopes[span]), shape: own, engine: engine)).sum().backward()
            return [
                try output.floats(), try #require(try input.gradient()).floats(),
                try #require(try store.parameters[0].tensor.gradient()).floats(),
                try #require(try store.parameters[1].tensor.gradient()).floats(),
            ]
        }
        let whole = try pass(try Engine.load(device: .cpu, threads: 1), 0..<6)
        // Shares of different size, as the last ones of an odd batch would be.
        let parts = try Threads.run { group in
            let engine = try Engine.load(device: .cpu, threads: 1).joining(group, synchronizesBatchNorm: true)
            return try pass(engine, group.rank == 0 ? 0..<4 : 4..<6)
        }
        #expect(largestDifference(parts[0][0] + parts[1][0], whole[0]) < 2e-3)
        #expect(largestDifference(parts[0][1] + parts[1][1], whole[1]) < 2e-3)
        for place in 2...3 {
            let sum = zip(parts[0][place], parts[1][place]).map { $0 + $1 }
            #expect(largestDifference(sum, whole[place]) < 1e-2)
        }
    }

    @Test func whatProcessesTellEachOtherArrives() throws {
        let told = try Threads.run { group in
            let texts = try group.gather(Data(String(repeating: "x", count: group.rank * 5).utf8)).map(\.count)
            let numbers = try group.gather([Double(group.rank), 0.5]).map { $0[0] }
            let first = try group.broadcast(Data(group.leads ? "rank 0".utf8 : "nobody".utf8))
            return "\(texts) \(numbers) \(String(decoding: first, as: UTF8.self))"
        }
        #expect(told == Array(repeating: "[0, 5] [0.0, 1.0] rank 0", count: 2))
    }

    /// torch's store, by which processes that torchrun starts agree on NCCL's number.
    @Test func processesFindEachOtherByAStore() throws {
        let api = try EngineLibrary.openGroup()
        let port = Int32.random(in: 20_000...30_000)
        let ids = try Threads.run { group in
            var id = [UInt8](repeating: UInt8(10 + group.rank), count: Int(AVPREP_NCCL_ID_BYTES))
            let engine = try Engine.load(device: .cpu, threads: 1)
            try engine.check(
                api.share_id(&id, "127.0.0.1", port, Int32(group.rank), 2, 20), "meet at \(port)")
            return id
        }
        #expect(ids == Array(repeating: Array(repeating: 10, count: Int(AVPREP_NCCL_ID_BYTES)), count: 2))
        #expect(api.end() == 0)
    }

    @Test func withoutCUDANCCLSaysSo() throws {
        let engine = try Engine.load(device: .cpu, threads: 1)
        let error = #expect(throws: TorchError.self) { try engine.newNCCLID(try EngineLibrary.openGroup()) }
        #expect(error?.description.contains("no NCCL") == true)
        let launch = try #require(
            try ProcessLaunch([
                "RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29500",
            ]))
        let refused = #expect(throws: TorchError.self) { try ProcessGroup.join(launch, device: .cpu) }
        #expect(refused?.description.contains("mpirun -n 2") == true)
    }
}
