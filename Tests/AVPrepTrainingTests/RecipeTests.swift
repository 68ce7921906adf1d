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
    private static let decibels: [String: AttributeValue] = [
        "log": .string("amplitude_to_db"), "power": .int(1), "scale": .double(1),
    ]

    private func shards(
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

    private func train(
        _ folder: String, _ run: String, _ settings: TrainSettings, seed: UInt64 = 3,
        cancellation: Cancellation = Cancellation(), progress: (TrainingProgress) -> Void = { _ in },
        beginning: (RunBeginning) -> Void = { _ in }
    ) throws {
        _ = try Trainer(settings: settings, seed: seed, shards: folder, run: "\(folder)/\(run)", base: folder)
            .run(cancellation: cancellation, beginning: beginning, progress: progress)
    }

    private func bytes(_ folder: String, _ run: String, _ name: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(run)/\(name)"))
    }

    private func message(_ body: () throws -> Void) -> String {
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

    // MARK: - Arrow of Time

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
