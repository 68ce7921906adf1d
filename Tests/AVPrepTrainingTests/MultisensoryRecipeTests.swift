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

/// Multisensory: clips with their own sounds, and with those of another time.
@Suite(.serialized, .enabled(if: Products.hasEngine, "make engine builds it"))
struct MultisensoryRecipeTests {
    private func shards(
        _ folder: String, pairsPerSegment: Int = 8, change: (inout PracticeShards) -> Void = { _ in }
    ) throws {
        var shards = PracticeShards(
            width: 20, height: 16, shards: [(.train, 4), (.train, 3), (.val, 4), (.test, 4)],
            pairsPerSegment: pairsPerSegment)
        shards.waveformRate = 800
        change(&shards)
        try shards.write(to: folder)
    }

    private func settings(epochs: Int = 2) -> TrainSettings {
        var settings = TrainerTests.settings(epochs: [epochs, 0])
        settings.recipeName = .multisensory
        settings.model.frames = 0
        settings.model.cropSize = 16
        settings.model.video.width = 4
        settings.model.audio.width = 4
        settings.model.multisensory.normMomentum = 0.1
        settings.cropScale = [1, 1]
        settings.flip = false
        settings.optimizer.kind = .adam
        settings.optimizer.learningRate = 0.01
        settings.stages = [StageSettings(name: "shift", set: "multisensory", epochs: epochs)]
        return settings
    }

    private func train(
        _ folder: String, _ run: String, _ settings: TrainSettings, cancellation: Cancellation = Cancellation(),
        progress: (TrainingProgress) -> Void = { _ in }
    ) throws {
        _ = try Trainer(settings: settings, seed: 3, shards: folder, run: "\(folder)/\(run)", base: folder)
            .run(cancellation: cancellation, progress: progress)
    }

    private func bytes(_ folder: String, _ run: String, _ name: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(run)/\(name)"))
    }

    /// The message of a run that must take no step.
    private func refusal(_ folder: String, _ change: (inout TrainSettings) -> Void = { _ in }) -> String {
        var settings = settings()
        change(&settings)
        do {
            try train(folder, "refused", settings) { _ in Issue.record("a step was taken") }
            return "not refused"
        } catch { return "\(error)" }
    }

    /// What is known for batch renormalisation goes on, too.
    @Test func aRunStopsAndGoesOnToTheBytesOfOneThatDidNot() throws {
        try withTemporaryFolder { folder in
            try shards(folder)
            try train(folder, "whole", settings())
            let cancellation = Cancellation()
            #expect(throws: CancellationError.self) {
                try train(folder, "stopped", settings(), cancellation: cancellation) {
                    if $0.step == 9 { cancellation.cancel(.interrupted) }
                }
            }
            var other = settings()
            other.loaderThreads = 5
            try train(folder, "stopped", other)
            #expect(
                try bytes(folder, "whole", "multisensory.safetensors")
                    == bytes(folder, "stopped", "multisensory.safetensors"))
            // Its settings name the threads of each.
            let best = try ["whole", "stopped"].map {
                try SafeTensors.read("\(folder)/\($0)/checkpoints/best.safetensors").tensors
            }
            #expect(best[0] == best[1])
            let weights = try SafeTensors.read(folder + "/whole/multisensory.safetensors").tensors
            #expect(weights["audio.conv1_1.0.weight"]?.shape == [4, 2, 1, 65])
            #expect(weights["fc.weight"]?.shape == [1, 32] && weights["video.conv2_2.norm.renorm_mean"] != nil)
            let evaluation = try Evaluator(run: folder + "/whole", shards: folder).evaluate(offsetClips: 8)
            #expect(evaluation.conditions.map(\.set) == ["multisensory"] && evaluation.offsets == nil)
            #expect(evaluation.thresholdRule.contains("probability is above") && evaluation.sameShards)
        }
    }

    /// Pictures get redder and sounds louder with time: who hears tells them apart, and who sees alone cannot.
    @Test func whoHearsLearnsWhatThePracticeShardsPlantAndWhoSeesAloneIsAtChance() throws {
        try withTemporaryFolder { folder in
            try shards(folder, pairsPerSegment: 24)
            func evaluation(_ name: String, _ hears: MultisensorySettings.Hearing) throws -> Evaluation.Condition {
                var settings = settings(epochs: hears == .nothing ? 1 : 8)
                settings.batchSize = 12
                settings.model.multisensory.hears = hears
                settings.optimizer.schedule = .cosine
                try train(folder, name, settings)
                return try Evaluator(run: "\(folder)/\(name)", shards: folder).evaluate(weights: .last).conditions[0]
            }
            #expect(try evaluation("waveform", .waveform).auc ?? 0 > 0.9)
            // The first bin of the spectrogram is the time.
            #expect(try evaluation("spectrogram", .spectrogram).auc ?? 0 > 0.9)
            let deaf = try evaluation("nothing", .nothing)
            #expect((0.35...0.65).contains(deaf.auc ?? 0), "\(deaf.auc ?? -1)")
            let weights = try SafeTensors.read(folder + "/nothing/multisensory.safetensors").tensors
            #expect(weights.keys.allSatisfy { !$0.hasPrefix("audio.") })
        }
    }

    /// Both sounds are there, sample by sample, with the authors' compression.
    @Test(arguments: [nil, "stereo"]) func bothSoundsAreReadSampleBySample(_ name: String?) throws {
        try withTemporaryFolder { folder in
            try shards(folder) { $0.waveformName = name }
            let dataset = try ShardDataset(.train, set: "multisensory", of: ShardSet(folder))
            var model = MultisensorySettings()
            model.waveform = name ?? "pcm"
            let sound = WaveformInput(model, volume: 0)
            let own = OwnSoundInput(sound: sound)
            let context = InputContext(Augmentation(scale: 1...1, flip: false, seed: 7), statistics: [:])
            let shapes = try [sound.shape(in: dataset), own.shape(in: dataset)]
            #expect(
                shapes.map(\.sizes) == [[2, 640], [2, 640]] && shapes.map(\.name) == ["waveform", "own_waveform"])
            let readers = [
                try sound.makeReader(dataset, shapes[0], context), try own.makeReader(dataset, shapes[1], context),
            ]
            var differing = 0
            for number in 0..<dataset.count {
                let (pair, _, shard) = dataset.locate(number)
                let starts = [Int((pair.audioStartSeconds * 800).rounded()), Int(pair.videoStartFrame) * 80]
                #expect((starts[0] == starts[1]) == (pair.kind == .positive))
                differing += starts[0] == starts[1] ? 0 : 1
                for (reader, start) in zip(readers, starts) {
                    let found = try read(reader, pair, shard, count: 1280)
                    let expected = (0..<2).flatMap { channel in
                        (0..<640).map { index -> Float in
                            let x =
                                Float(
                                    PracticeShards.sample(
                                        start + index, rate: 800, segment: Int(pair.audioSegment), channel: channel))
                                / 32_767
                            return (x < 0 ? -1 : 1) * Float(log(1 + 255 * Double(abs(x))) / log(256))
                        }
                    }
                    #expect(largestDifference(found, expected) < 1e-5)
                }
            }
            #expect(differing == dataset.count / 2)
        }
    }

    private func read(_ reader: any InputReader, _ pair: Pair, _ shard: ShardReader, count: Int) throws -> [Float] {
        var values = [Float](repeating: 9, count: count)
        try values.withUnsafeMutableBytes {
            try reader.read(Sample(pair: pair, reader: shard, position: 5), into: $0)
        }
        return values
    }

    /// One volume for both sounds of a clip, and none louder than a recording can be.
    @Test func theVolumeVariesInTrainingAlone() throws {
        try withTemporaryFolder { folder in
            try shards(folder)
            let dataset = try ShardDataset(.train, set: "multisensory", of: ShardSet(folder))
            func read(_ seed: UInt64?, volume: Double) throws -> [Float] {
                let input = WaveformInput(MultisensorySettings(), volume: volume)
                let context = InputContext(Augmentation(scale: 1...1, flip: false, seed: seed), statistics: [:])
                let reader = try input.makeReader(dataset, try input.shape(in: dataset), context)
                return try self.read(reader, dataset.pairs[0][0], dataset.readers[0], count: 1280)
            }
            let plain = try read(nil, volume: 0.9)
            #expect(try read(4, volume: 0) == plain && read(4, volume: 0.5) != plain)
            #expect(try read(4, volume: 0.5) == read(4, volume: 0.5) && read(4, volume: 0.5) != read(5, volume: 0.5))
            #expect(try read(4, volume: 0.9).allSatisfy { abs($0) <= 1 })
        }
    }

    /// Red is the frame's number times seven: every third frame of eight is three frames.
    @Test func everySoManiethFrameIsSeen() throws {
        try withTemporaryFolder { folder in
            try shards(folder)
            let dataset = try ShardDataset(.train, set: "multisensory", of: ShardSet(folder))
            let input = PictureInput(frames: 0, size: 16, step: 3)
            let shape = try input.shape(in: dataset)
            #expect(shape.sizes == [3, 16, 16, 3])
            let reader = try input.makeReader(
                dataset, shape, InputContext(Augmentation(scale: 1...1, flip: false, seed: nil), statistics: [:]))
            var pixels = [UInt8](repeating: 0, count: shape.count)
            let pair = dataset.pairs[0][0]
            try pixels.withUnsafeMutableBytes {
                try reader.read(Sample(pair: pair, reader: dataset.readers[0], position: 0), into: $0)
            }
            #expect(
                (0..<3).map { Int(pixels[$0 * 768]) } == (0..<3).map { 20 + (Int(pair.videoStartFrame) + 3 * $0) * 7 })

            var coarse = settings(epochs: 1)
            coarse.model.frameStep = 3
            try train(folder, "coarse", coarse)
            let evaluation = try Evaluator(run: folder + "/coarse", shards: folder).evaluate()
            #expect(evaluation.conditions[0].pairs == 32)
            let message = refusal(folder) {
                $0.model.frameStep = 3
                $0.model.frames = 8
            }
            #expect(message.contains("set train.model.frames to 3") && message.contains("train.model.frame_step"))
        }
    }

    @Test func whatItNeedsAndShardsLackIsSaidBeforeTheFirstStep() throws {
        try withTemporaryFolder { folder in
            try shards(folder)
            let text1 = refusal(folder) { $0.model.multisensory.channels = 1 }
            #expect(text1.contains("has 2 channels"), "\(text1)")
            let named = refusal(folder) { $0.model.multisensory.waveform = "wide" }
            #expect(named.contains("train.model.multisensory.waveform"), "\(named)")
            #expect(named.contains("no waveform \"wide\", only pcm") && named.contains("ingest.waveforms"))
            let text2 = refusal(folder) { $0.model.cropSize = 7 }
            #expect(text2.contains("train.model.crop_size is 7"), "\(text2)")
            let text3 = refusal(folder) { $0.model.audio.width = 1 }
            #expect(text3.contains("set it to 2 or more"), "\(text3)")
            let text4 = refusal(folder) { $0.model.frameStep = 0 }
            #expect(text4.contains("train.model.frame_step is 0"), "\(text4)")
            for momentum in [0, -1, 1.5, .nan] {
                let text = refusal(folder) { $0.model.multisensory.normMomentum = momentum }
                #expect(text.contains("train.model.multisensory.norm_momentum"))
            }
            let both = refusal(folder) { $0.syncBatchNorm = true }
            #expect(both.contains("train.sync_batch_norm") && both.contains("multisensory.renorm"))
            let spectrogram = refusal(folder) {
                $0.model.multisensory.hears = .spectrogram
                $0.model.spectrogram = "logspec"
            }
            #expect(spectrogram.contains("train.model.spectrogram"), "\(spectrogram)")
            #expect(spectrogram.contains("no spectrogram \"logspec\", only mel"))
            let text5 = refusal(folder) { $0.batchSize = 64 }
            #expect(text5.contains("do not fill one batch of 64"), "\(text5)")
            let text6 = refusal(folder) { $0.stages[0].set = "none" }
            #expect(text6.contains("no pair set \"none\""), "\(text6)")
        }
        try withTemporaryFolder { folder in
            try shards(folder) { $0.waveformChannels = 1 }
            let mono = refusal(folder)
            #expect(mono.contains("has 1 channel, and train.model.multisensory.channels is 2"))
            #expect(mono.contains("ingest.pcm.channels to 2") && mono.contains("avprep ingest"))
            var one = settings(epochs: 1)
            one.model.multisensory.channels = 1
            try train(folder, "mono", one)
        }
        // A clip of four samples leaves nothing for the network.
        try withTemporaryFolder { folder in
            try shards(folder) { $0.waveformRate = 5 }
            let few = refusal(folder)
            #expect(few.contains("has 4 samples"))
        }
        // Sound that ends before the last clip does.
        try withTemporaryFolder { folder in
            try shards(folder, pairsPerSegment: 24) { $0.missingSamples = 500 }
            let short = refusal(folder)
            #expect(short.contains("run `avprep shard` again") && short.contains("train-0000"))
        }
    }

    @Test func shardsWithoutAWaveformAreRefused() throws {
        try withTemporaryFolder { folder in
            try PracticeShards().write(to: folder)
            // The pairs name no recipe here, so that the waveform is what lacks.
            let refusal = refusal(folder) { $0.stages[0].set = "hard" }
            #expect(refusal.contains("hold no waveform \"pcm\", only none") || refusal.contains("no pair set"))
            let easy = self.refusal(folder) { $0.stages[0].set = "easy" }
            #expect(easy.contains("no waveform \"pcm\"") && easy.contains("ingest.pcm.sr to 21000"))
        }
    }
}
