import AVPrepCore
import AVPrepModel
import Foundation
import ShardFixtures
import TestSupport
import Testing

@testable import AVPrepTorch
@testable import AVPrepTraining

/// What a step takes of memory is known before the first one.
@Suite(.serialized, .enabled(if: Products.hasEngine, "make engine builds it"))
struct MemoryProbeTests {
    private let pictures = InputShape(name: "pictures", type: .uint8, sizes: [8, 32, 32, 3])
    private let sound = InputShape(name: "spectrogram", type: .float32, sizes: [1, 100, 40])

    private func settings(_ change: (inout TrainSettings) -> Void = { _ in }) -> TrainSettings {
        var settings = TrainerTests.settings()
        settings.batchSize = 16
        settings.model.frames = 8
        settings.model.cropSize = 32
        settings.model.video.width = 16
        settings.model.audio.width = 16
        change(&settings)
        return settings
    }

    /// What two steps on whole batches really take of tensors, besides the model.
    private func taken(_ settings: TrainSettings, _ engine: Engine) throws -> Int {
        let model = try settings.recipe.makeModel([pictures, sound], seed: 1, engine: engine)
        let learner = Learner(model, settings: settings)
        let batch = try Batch(capacity: settings.batchSize, inputs: [pictures, sound], engine: engine)
        batch.begin(Array(0..<settings.batchSize)[...])
        for slot in 0..<settings.batchSize { batch.labels[slot] = Float(slot % 2) }
        return try engine.peakBytes {
            for number in 1...3 {
                try learner.step(
                    batch, of: Array(0..<settings.batchSize), number: number, learningRate: 1e-3)
            }
            _ = try learner.readSteps()
        }
    }

    @Test(arguments: [OptimizerSettings.Kind.sgd, .adam], [1, 2])
    func twoSmallBatchesTellWhatALargeOneTakes(optimizer: OptimizerSettings.Kind, parts: Int) throws {
        try withTemporaryFolder { folder in
            let settings = settings {
                $0.optimizer.kind = optimizer
                $0.accumulate = parts
            }
            let engine = try Engine.load(device: .cpu, threads: 1)
            let probe = MemoryProbe(
                settings: settings, inputs: [pictures, sound], engine: engine, ranks: TrainingRanks())
            let model = try settings.recipe.makeModel([pictures, sound], seed: 1, engine: engine)
            let before = try model.store.values()
            var measured = 0
            let need = try probe.need(of: model, RunFolder(folder)) { measured += 1 }
            #expect(need.pairsAtOnce == 16 / parts)
            #expect(try model.store.values() == before, "the run's own model is not touched")
            let tensors = need.state + need.fixed + need.perPair * need.pairsAtOnce
            let taken = try taken(settings, engine)
            #expect(
                Double(tensors) > 0.95 * Double(taken) && Double(tensors) < 1.25 * Double(taken), "\(tensors) \(taken)")

            // It is noted, and measured again when anything is other, or the note is damaged.
            #expect(try probe.need(of: model, RunFolder(folder)) { measured += 1 } == need && measured == 1)
            try Data("{\"key\":".utf8).write(to: URL(fileURLWithPath: "\(folder)/\(MemoryProbe.fileName)"))
            #expect(try probe.need(of: model, RunFolder(folder)) { measured += 1 } == need && measured == 2)
        }
    }

    @Test func aBatchThatDoesNotFitIsRefusedWithWhatWould() throws {
        let settings = settings()
        let need = MemoryNeed(
            state: 1_000_000, fixed: 1_000_000, perPair: 10_000_000, perLoadedPair: 0, pairs: 16, pairsAtOnce: 16,
            processes: 1, isOnCPU: true)
        func refusal(_ bytes: Int, isShared: Bool = true, ranks: Int = 1, _ need: MemoryNeed = need) -> String? {
            do {
                try need.check(
                    AvailableMemory(bytes: bytes, limit: "a test", isShared: isShared), settings: settings, ranks: ranks
                )
                return nil
            } catch { return "\(error)" }
        }
        #expect(refusal(162_000_000) == nil)
        let half = try #require(refusal(100_000_000))
        #expect(half.contains("lower train.batch_size to 9, or") && half.contains("(train.accumulate: 2)"), "\(half)")
        #expect(half.contains("about 162 MB") && half.contains("100 MB that are left of a test"), "\(half)")
        #expect(!half.contains("\n"))
        let none = try #require(refusal(5_000_000))
        #expect(
            !none.contains("batch_size to") && !none.contains("accumulate") && none.contains("train.model.crop_size"))
        // Processes of one machine share it, but not what a shell allows each.
        let two = MemoryNeed(
            state: 1_000_000, fixed: 1_000_000, perPair: 10_000_000, perLoadedPair: 0, pairs: 8, pairsAtOnce: 8,
            processes: 2, isOnCPU: true)
        #expect(refusal(100_000_000, ranks: 2, two)?.contains("2 of them share it") == true)
        #expect(refusal(100_000_000, isShared: false, ranks: 2, two) == nil)
        try need.check(nil, settings: settings, ranks: 1)
    }

    @Test func whatIsLeftIsComparedBeforeTheFirstStep() throws {
        try withTemporaryFolder { folder in
            try PracticeShards().write(to: folder)
            var measured = 0
            var told: [String] = []
            let trainer = Trainer(
                settings: TrainerTests.settings(epochs: [1]), seed: 3, shards: folder, run: folder + "/run")
            for _ in 0..<2 {
                _ = try trainer.run(
                    cancellation: Cancellation(), measuring: { measured += 1 }, beginning: { told.append($0.memory) },
                    progress: { _ in })
            }
            #expect(measured == 1 && told.count == 1)
            #expect(told[0].hasPrefix("a step takes about ") && told[0].contains(" that are left of "), "\(told)")
        }
    }

    @Test func anOperationWithoutMemorySaysWhichSettingToLower() throws {
        let engine = try Engine.load(device: .cpu, threads: 1)
        let error = #expect(throws: TorchError.self) {
            let row = try Tensor([Float](repeating: 1, count: 1 << 20), shape: [1 << 20, 1], engine: engine)
            _ = try row + Tensor([Float](repeating: 1, count: 1 << 20), shape: [1, 1 << 20], engine: engine)
        }
        let text = error?.description ?? ""
        #expect(text.contains("lower train.batch_size") && text.contains("train.accumulate"), "\(text)")
        let batches = #expect(throws: TorchError.self) { try HostMemory(byteCount: 1 << 50, engine: nil) }
        #expect(batches?.description.contains("train.prefetch_batches") == true)
    }
}
