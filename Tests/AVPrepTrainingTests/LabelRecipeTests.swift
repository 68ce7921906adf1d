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

/// The supervised baselines of L3-Net.
@Suite(.serialized, .enabled(if: Products.hasEngine, "make engine builds it"))
struct LabelRecipeTests {
    private static let vocabulary = ["bell", "drum", "horn", "whistle"]

    private func shards(_ folder: String, labels: ((_ segment: Int) -> [Int32])?) throws {
        var shards = PracticeShards(
            width: 10, height: 8, shards: [(.train, 4), (.train, 4), (.val, 4), (.test, 4)], pairsPerSegment: 32)
        shards.binCount = 8
        shards.hasFrames = true
        try shards.write(to: folder)
        guard let labels else { return }
        var index = try ShardIndex.load(folder)
        index.labels = Self.vocabulary
        index.labelFiles = [:]
        for shard in index.shards {
            let path = ShardSet.labelPath(of: shard, in: folder)
            let own = SegmentLabels((0..<shard.segments).map(labels), vocabulary: Self.vocabulary)
            try LabelFile.write(own, shardKey: shard.contentKey, to: path)
            index.labelFiles?[LabelFile.name(forShard: shard.name)] = try SHA256.digest(ofFile: path).hex
        }
        try index.save(folder)
    }

    private func settings(_ recipe: TrainSettings.RecipeName, epochs: Int) -> TrainSettings {
        var settings = TrainerTests.settings(epochs: [epochs, 0])
        settings.recipeName = recipe
        settings.batchSize = 16
        settings.flip = false
        settings.model.frames = 0
        settings.model.fusion = 16
        settings.optimizer.kind = .adam
        settings.optimizer.learningRate = 0.01
        settings.stages = [StageSettings(name: "labels", set: "l3", epochs: epochs)]
        return settings
    }

    private func train(_ folder: String, _ run: String, _ settings: TrainSettings) throws {
        _ = try Trainer(settings: settings, seed: 3, shards: folder, run: "\(folder)/\(run)", base: folder)
            .run(cancellation: Cancellation(), progress: { _ in })
    }

    private func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "not refused"
        } catch { return "\(error)" }
    }

    /// Segments are told by colour and by sound, and are of the class of their number: pairs of two segments are of two
    /// classes.
    @Test func bothBaselinesTellPairsByTheirLabels() throws {
        try withTemporaryFolder { folder in
            try shards(folder) { [Int32($0)] }
            try train(folder, "labels", settings(.l3Labels, epochs: 8))
            let direct = try Evaluator(run: folder + "/labels", shards: folder).evaluate(weights: .last)
            #expect(direct.thresholdRule.contains("product is above"))
            #expect((direct.conditions[0].auc ?? 0) > 0.9)

            var pretrained = settings(.l3, epochs: 4)
            pretrained.model.video.weights = "labels/video.safetensors"
            pretrained.model.audio.weights = "labels/audio.safetensors"
            pretrained.stages[0].freeze = ["video", "audio"]
            try train(folder, "pretrained", pretrained)
            let evaluation = try Evaluator(run: folder + "/pretrained", shards: folder).evaluate(weights: .last)
            #expect((evaluation.conditions[0].auc ?? 0) > 0.85)
            let (before, after) = try (
                SafeTensors.read(folder + "/labels/video.safetensors").tensors,
                SafeTensors.read(folder + "/pretrained/video.safetensors").tensors
            )
            #expect(after.count > 40 && after.allSatisfy { before[$0.key] == $0.value })
        }
    }

    /// Labels change without the media and without the pairs.
    @Test func aRunDoesNotGoOnWithOtherLabelsUnnoticed() throws {
        try withTemporaryFolder { folder in
            try shards(folder) { [Int32($0)] }
            try train(folder, "run", settings(.l3Labels, epochs: 1))
            try shards(folder) { [Int32(3 - $0)] }
            let refusal = message { try train(folder, "run", settings(.l3Labels, epochs: 1)) }
            #expect(refusal.contains("labels changed") && refusal.contains("train.grown_shards"), "\(refusal)")
            var going = settings(.l3Labels, epochs: 1)
            going.grownShards = .goOn
            try train(folder, "run", going)
            // Whose recipe reads no labels does not mind.
            try train(folder, "pairs", settings(.l3, epochs: 1))
            try shards(folder) { [Int32($0)] }
            try train(folder, "pairs", settings(.l3, epochs: 1))
        }
    }

    @Test func severalLabelsShareASegment() throws {
        try withTemporaryFolder { folder in
            try shards(folder) { $0 == 1 ? [0, 3] : [Int32($0)] }
            let dataset = try ShardDataset(.train, set: "l3", of: ShardSet(folder))
            let input = LabelInput(side: .sound)
            let shape = try input.shape(in: dataset)
            #expect(shape.sizes == [4] && shape.name == "sound_labels")
            let reader = try input.makeReader(
                dataset, shape, InputContext(Augmentation(scale: 1...1, flip: false, seed: nil), statistics: [:]))
            for number in 0..<dataset.count {
                let (pair, _, shard) = dataset.locate(number)
                var shares = [Float](repeating: 7, count: 4)
                try shares.withUnsafeMutableBytes {
                    try reader.read(Sample(pair: pair, reader: shard, position: 0), into: $0)
                }
                let segment = Int(pair.audioSegment)
                #expect(shares == (0..<4).map { segment == 1 ? ($0 % 3 == 0 ? 0.5 : 0) : $0 == segment ? 1 : 0 })
            }
        }
    }

    @Test func shardsWithoutLabelsAreRefusedBeforeTheFirstStep() throws {
        try withTemporaryFolder { folder in
            try shards(folder, labels: nil)
            let none = message { try train(folder, "run", settings(.l3Labels, epochs: 1)) }
            #expect(
                none.contains("have no labels") && none.contains("corpus.manifest") && none.contains("avprep shard"))
        }
        try withTemporaryFolder { folder in
            try shards(folder) { $0 == 2 ? [] : [Int32($0)] }
            let one = message { try train(folder, "run", settings(.l3Labels, epochs: 1)) }
            #expect(one.contains("has no label") && one.contains("train-00000.h5"))
            // A label file that was changed since.
            let file = folder + "/" + LabelFile.name(forShard: "train-00000.h5")
            try Data([1, 2, 3]).write(to: URL(fileURLWithPath: file))
            #expect(message { try train(folder, "run", settings(.l3Labels, epochs: 1)) }.contains(file))
        }
    }
}
