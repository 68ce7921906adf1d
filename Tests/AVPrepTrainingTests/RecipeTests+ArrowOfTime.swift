import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepStore
import Foundation
import ShardFixtures
import TestSupport
import Testing

@testable import AVPrepTorch
@testable import AVPrepTraining

/// T-CAM: trained like the others, on flow that plays either way.
extension RecipeTests {
    private func arrow(epochs: Int) -> TrainSettings {
        var settings = TrainerTests.settings(epochs: [epochs, 0])
        settings.recipeName = .arrowOfTime
        settings.model.frames = 0
        settings.model.cropSize = 16
        settings.model.video.width = 4
        settings.cropScale = [1, 1]
        settings.flip = false
        settings.stages = [StageSettings(name: "arrow", set: "arrow_of_time", epochs: epochs)]
        return settings
    }

    /// Dropout, too, is what it would have been.
    @Test func arrowOfTimeStopsAndGoesOnToTheBytesOfARunThatDidNotAndLearns() throws {
        try withTemporaryFolder { folder in
            try shards(folder, pairsPerSegment: 16) { $0.flowDirections = [.forward, .backward] }
            let settings = arrow(epochs: 6)
            try train(folder, "whole", settings)
            let cancellation = Cancellation()
            #expect(throws: CancellationError.self) {
                try train(folder, "stopped", settings, cancellation: cancellation) {
                    if $0.step == 17 { cancellation.cancel(.interrupted) }
                }
            }
            try train(folder, "stopped", settings)
            #expect(try bytes(folder, "whole", "video.safetensors") == bytes(folder, "stopped", "video.safetensors"))
            let evaluation = try Evaluator(run: folder + "/whole", shards: folder).evaluate(offsetClips: 8)
            #expect(evaluation.conditions.map(\.set) == ["arrow_of_time"] && evaluation.offsets == nil)
            #expect((evaluation.conditions[0].auc ?? 0) > 0.9)
        }
    }

    /// Half of each batch plays backwards, each clip as often as forwards; parts of a clip come in the order of its time.
    @Test func aThousandBatchesAreBalancedAndInOrder() throws {
        try withTemporaryFolder { folder in
            try shards(folder, pairsPerSegment: 16) { $0.flowDirections = [.forward, .backward] }
            let settings = arrow(epochs: 1)
            let dataset = try settings.recipe.dataset(.train, set: "arrow_of_time", of: ShardSet(folder))
            let input = FlowInput(size: 4, segments: 2)
            let shape = try input.shape(in: dataset)
            let reader = try input.makeReader(
                dataset, shape, InputContext(Augmentation(scale: 1...1, flip: false, seed: nil), statistics: [:]))
            let order = try EpochOrder(
                labels: dataset.labels, batchSize: 16, pairsPerEpoch: 0, name: "arrow", seed: 7)
            var shown = [Int](repeating: 0, count: dataset.count)
            var batches = 0
            var epochs = 0
            var planes = [UInt8](repeating: 0, count: shape.count)
            while batches < 1000 {
                let pairs = order.pairs(epoch: epochs)
                epochs += 1
                for start in stride(from: 0, to: order.stepsPerEpoch * 16, by: 16) {
                    let batch = pairs[start..<start + 16]
                    batches += 1
                    #expect(batch.count { dataset.locate($0).0.kind == .reversed } == 8)
                    for pair in batch { shown[pair] += 1 }
                    // Each clip was read by another test; here one of each hundredth batch.
                    guard batches % 100 == 0, let number = batch.first else { continue }
                    let (pair, _, shard) = dataset.locate(number)
                    try planes.withUnsafeMutableBytes {
                        try reader.read(Sample(pair: pair, reader: shard, position: 0), into: $0)
                    }
                    // Forwards the flow grows with the time, backwards it goes to the left, and less and less.
                    let across = (0..<6).map { Int(planes[2 * $0 * 16]) }
                    #expect(
                        zip(across, across.dropFirst()).allSatisfy(<=) && across[0] < across[5],
                        "\(pair.kind) \(across)")
                    #expect(pair.kind == .reversed ? across[0] < 128 : across[5] > 128)
                }
            }
            #expect(batches >= 1000 && shown.allSatisfy { abs($0 - epochs) <= epochs / 4 })
        }
    }

    /// By the seed of the run, and by the step.
    @Test func dropoutDiffersFromSeedToSeedAndFromStepToStep() throws {
        try withTemporaryFolder { folder in
            try shards(folder, pairsPerSegment: 16) { $0.flowDirections = [.forward, .backward] }
            let dataset = try arrow(epochs: 1).recipe.dataset(.train, set: "arrow_of_time", of: ShardSet(folder))
            var seeds: Set<UInt64> = []
            for seed: UInt64 in [1, 2] {
                let order = try EpochOrder(
                    labels: dataset.labels, batchSize: 16, pairsPerEpoch: 0, name: "arrow", seed: seed)
                for epoch in 0..<10 {
                    let pairs = order.pairs(epoch: epoch)
                    for start in stride(from: 0, to: order.stepsPerEpoch * 16, by: 16) {
                        seeds.insert(ArrowOfTimeRecipe.dropoutSeed(of: Array(pairs[start..<start + 16])))
                    }
                }
                #expect(seeds.count == Int(seed) * 10 * order.stepsPerEpoch)
            }
        }
    }

    @Test(arguments: [[StoreLayout.FlowDirection](), [.forward]])
    func shardsWithoutFlowInBothDirectionsAreRefused(_ directions: [StoreLayout.FlowDirection]) throws {
        try withTemporaryFolder { folder in
            try shards(folder) { $0.flowDirections = directions }
            var settings = arrow(epochs: 1)
            settings.stages[0].set = "easy"
            // The pairs name no recipe here, so that the flow is what lacks.
            let refusal = message { try train(folder, "run", settings) { _ in Issue.record("a step was taken") } }
            #expect(refusal.contains(directions.isEmpty ? "no flow" : "forward flow"))
            #expect(refusal.contains("ingest.flow.direction to both") && refusal.contains("avprep ingest"))
        }
    }

    @Test func clipsOfFlowThatAreTooShortOrCannotBeDividedAreRefused() throws {
        try withTemporaryFolder { folder in
            try shards(folder) {
                $0.flowDirections = [.forward, .backward]
                $0.missingFlow = 14
            }
            #expect(message { try train(folder, "run", arrow(epochs: 1)) }.contains("run `avprep shard` again"))
        }
        try withTemporaryFolder { folder in
            try shards(folder) { $0.flowDirections = [.forward, .backward] }
            var settings = arrow(epochs: 1)
            settings.model.segments = 4
            #expect(
                message { try train(folder, "run", settings) }.contains("6 pictures of flow, which are not 4 segments"))
            settings.model.segments = 0
            #expect(message { try train(folder, "run", settings) }.contains("train.model.segments is 0"))
            settings.model.segments = 2
            settings.model.cropSize = 15
            #expect(message { try train(folder, "run", settings) }.contains("train.model.crop_size is 15"))
        }
    }
}
