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

/// Recipes beside contrastive AVTS: the same loop, checkpoints, evaluation and reports.
@Suite(.serialized, .enabled(if: Products.hasEngine, "make engine builds it"))
struct RecipeTests {
    /// How much of a recording each value is, for changes of the volume.
    static let decibels: [String: AttributeValue] = [
        "log": .string("amplitude_to_db"), "power": .int(1), "scale": .double(1),
    ]

    func shards(
        _ folder: String, width: Int = 20, pairsPerSegment: Int = 8,
        attributes: [String: AttributeValue] = decibels, bins: Int = 8,
        change: (inout PracticeShards) -> Void = { _ in }
    ) throws {
        var shards = PracticeShards(
            width: width, height: width * 4 / 5, shards: [(.train, 4), (.train, 3), (.val, 4), (.test, 4)],
            pairsPerSegment: pairsPerSegment)
        shards.binCount = bins
        shards.spectrogramAttributes = attributes
        shards.hasFrames = true
        change(&shards)
        try shards.write(to: folder)
    }

    private func l3(epochs: Int = 2) -> TrainSettings {
        var settings = TrainerTests.settings(epochs: [epochs, 0])
        settings.recipeName = .l3
        settings.model.frames = 0
        settings.model.video.width = 2
        settings.model.audio.width = 2
        settings.model.fusion = 6
        settings.optimizer.kind = .adam
        settings.optimizer.learningRate = 0.01
        settings.jitter.brightness = 0.1
        settings.jitter.saturation = 0.5
        settings.jitter.volume = 0.1
        settings.stages = [StageSettings(name: "l3", set: "l3", epochs: epochs)]
        return settings
    }

    func train(
        _ folder: String, _ run: String, _ settings: TrainSettings, seed: UInt64 = 3,
        cancellation: Cancellation = Cancellation(), progress: (TrainingProgress) -> Void = { _ in },
        beginning: (RunBeginning) -> Void = { _ in }
    ) throws {
        _ = try Trainer(settings: settings, seed: seed, shards: folder, run: "\(folder)/\(run)", base: folder)
            .run(cancellation: cancellation, beginning: beginning, progress: progress)
    }

    func bytes(_ folder: String, _ run: String, _ name: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(run)/\(name)"))
    }

    func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "not refused"
        } catch { return "\(error)" }
    }

    // MARK: - L3-Net

    /// Checkpoints, resume, best weights, evaluation and exports know nothing of the recipe.
    @Test func l3StopsAndGoesOnToTheBytesOfARunThatDidNot() throws {
        try withTemporaryFolder { folder in
            try shards(folder)
            var told: [RunBeginning] = []
            try train(folder, "whole", l3(), beginning: { told.append($0) })
            #expect(told[0].settings.model.frames == 1)
            let cancellation = Cancellation()
            #expect(throws: CancellationError.self) {
                try train(folder, "stopped", l3(), cancellation: cancellation) {
                    if $0.step == 17 { cancellation.cancel(.interrupted) }
                }
            }
            var other = l3()
            other.loaderThreads = 5
            try train(folder, "stopped", other)
            for file in ["checkpoints/best.safetensors", "video.safetensors", "audio.safetensors"] {
                #expect(try bytes(folder, "whole", file) == bytes(folder, "stopped", file), "\(file)")
            }
            let weights = try SafeTensors.read(folder + "/whole/video.safetensors").tensors
            #expect(weights["conv4_2.1.running_var"] != nil && weights["conv1_1.0.weight"]?.shape == [2, 3, 3, 3])

            let evaluation = try Evaluator(run: folder + "/whole", shards: folder).evaluate(offsetClips: 8)
            #expect(evaluation.conditions.map(\.set) == ["l3"] && evaluation.offsets == nil)
            #expect(evaluation.thresholdRule.contains("probability is above"))
            let summaries = try RunFolder(folder + "/whole").stageSummaries()
            #expect(summaries.map { Array($0.validationAccuracy.keys) } == [["l3"]])
        }
    }

    /// The segment's number is painted green, and written into the sound.
    @Test func l3LearnsWhatThePracticeShardsPlantAndNothingWhereSoundsAreExchanged() throws {
        func area(exchanged: Bool) throws -> Double {
            try withTemporaryFolder { folder in
                try shards(folder, width: 10, pairsPerSegment: 48)
                if exchanged { try exchangeSounds(folder) }
                var settings = l3(epochs: 8)
                settings.jitter = JitterSettings()
                settings.batchSize = 16
                settings.flip = false
                settings.model.video.width = 4
                settings.model.audio.width = 4
                settings.optimizer.schedule = .cosine
                try train(folder, "run", settings)
                let evaluation = try Evaluator(run: folder + "/run", shards: folder).evaluate(weights: .last)
                #expect(evaluation.conditions[0].pairs == 192 && evaluation.conditions[0].inSync == 96)
                return try #require(evaluation.conditions[0].auc)
            }
        }
        #expect(try area(exchanged: false) > 0.9)
        let chance = try area(exchanged: true)
        #expect((0.35...0.65).contains(chance), "\(chance)")
    }

    /// Gives each pair the sound of a pair drawn at random, whatever its label.
    private func exchangeSounds(_ folder: String) throws {
        var index = try ShardIndex.load(folder)
        for shard in index.shards {
            let file = PairFile.name(forShard: shard.name)
            var sets = try PairFile.read("\(folder)/\(file)")
            var random = SeededRandom(seed: 5, for: file)
            for set in sets.indices {
                let pairs = sets[set].pairs
                sets[set].pairs = zip(pairs, random.shuffled(pairs)).map { own, other in
                    var pair = own
                    (pair.audioSegment, pair.audioStartSeconds) = (other.audioSegment, other.audioStartSeconds)
                    return pair
                }
            }
            try PairFile.write(sets, shardKey: "key", to: "\(folder)/\(file)")
            index.pairFiles[file] = try SHA256.digest(ofFile: "\(folder)/\(file)").hex
        }
        try index.save(folder)
    }

    @Test func whatARecipeNeedsAndShardsLackIsSaidBeforeTheFirstStep() throws {
        try withTemporaryFolder { folder in
            try shards(folder)
            func refusal(_ change: (inout TrainSettings) -> Void) -> String {
                var settings = l3()
                change(&settings)
                return message {
                    try train(folder, "run", settings) { _ in Issue.record("a step was taken") }
                }
            }
            let spectrogram = refusal { $0.model.spectrogram = "logspec" }
            #expect(spectrogram.contains("no spectrogram \"logspec\", only mel"))
            #expect(spectrogram.contains("train.model.spectrogram"))
            let frames = refusal { $0.model.frames = 25 }
            #expect(frames.contains("train.model.frames is 25") && frames.contains("to 1, or to 0"))
            #expect(refusal { $0.model.cropSize = 4 }.contains("train.model.crop_size is 4"))
            #expect(refusal { $0.jitter.volume = 1 }.contains("train.jitter.volume is 1"))
            #expect(refusal { $0.jitter.brightness = .nan }.contains("train.jitter.brightness"))
            // Pairs of the other recipe, either way.
            var settings = TrainerTests.settings(epochs: [1, 0])
            settings.stages[0].set = "l3"
            let other = message { try train(folder, "other", settings) }
            #expect(other.contains("avprep shard --recipe avts") && other.contains("train.stages"))
            #expect(refusal { $0.stages[0].set = "nothing" }.contains("no pair set \"nothing\""))
        }
        // Sound of too few bins, and spectrograms that do not say how they were made.
        try withTemporaryFolder { folder in
            try shards(folder, bins: 7)
            #expect(message { try train(folder, "run", l3()) }.contains("takes 8 of each or more"))
        }
        try withTemporaryFolder { folder in
            try shards(folder, attributes: [:])
            let volume = message { try train(folder, "run", l3()) }
            #expect(volume.contains("train.jitter.volume to 0"))
            var settings = l3(epochs: 1)
            settings.jitter.volume = 0
            try train(folder, "run", settings)
        }
        // A segment that ends before the clip does.
        try withTemporaryFolder { folder in
            try shards(folder) { $0.missingRows = 60 }
            let short = message { try train(folder, "run", l3()) }
            #expect(short.contains("run `avprep shard` again") && short.contains("train-0000"))
        }
    }
}
