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

/// Mixtures of two videos, and a run that separates them.
@Suite(.serialized) struct SeparationRecipeTests {
    private func shards(_ folder: String, change: (inout PracticeShards) -> Void = { _ in }) throws {
        var shards = PracticeShards(
            shards: [(.train, 4), (.train, 3), (.train, 2), (.val, 2), (.test, 3), (.test, 3)])
        shards.waveformRate = 800
        change(&shards)
        try shards.write(to: folder)
    }

    private func settings() -> TrainSettings {
        var settings = TrainerTests.settings(epochs: [2, 0])
        settings.recipeName = .separation
        settings.model.frames = 0
        settings.model.cropSize = 16
        settings.model.video.width = 2
        settings.model.audio.width = 2
        settings.model.multisensory.normMomentum = 0.1
        settings.optimizer.kind = .adam
        settings.optimizer.learningRate = 0.01
        settings.separation.sampleRate = 800
        settings.separation.fps = 10
        settings.separation.window = 64
        settings.separation.step = 32
        settings.separation.fft = 64
        settings.separation.windows = 16
        settings.separation.width = 4
        settings.separation.layers = 5
        settings.stages = [StageSettings(name: "separation", set: "easy", epochs: 2)]
        return settings
    }

    private struct Read {
        var sounds: [[Float]] = []
        var spectra: [[Float]] = []
        var mixtures: [[Float]] = []
    }

    private func read(_ dataset: ShardDataset, seed: UInt64?, threads: Int = 1) throws -> Read {
        let settings = settings()
        let inputs: [any SampleInput] = MixtureInput.Part.allCases.map {
            MixtureInput(part: $0, settings: settings.separation, waveform: settings.model.multisensory)
        }
        let shapes = try inputs.map { try $0.shape(in: dataset) }
        let context = InputContext(Augmentation(scale: 1...1, flip: false, seed: seed), statistics: [:])
        let loader = BatchLoader(
            order: Array(0..<dataset.count), batchSize: 5,
            buffers: try (0..<3).map { _ in try Batch(capacity: 5, inputs: shapes) }, threads: threads
        ) {
            let reader = Result { try SampleReader(dataset, inputs, shapes, context) }
            return { try reader.get().read($0, position: $1, into: $2, slot: $3) }
        }
        defer { loader.close() }
        var read = Read()
        while let batch = try loader.nextBatch() {
            for slot in 0..<batch.count {
                read.sounds.append(Array(batch.values("sounds", slot: slot, as: Float.self)))
                read.spectra.append(Array(batch.values("spectra", slot: slot, as: Float.self)))
                read.mixtures.append(Array(batch.values("mixture", slot: slot, as: Float.self)))
            }
        }
        return read
    }

    /// The normalised sound that begins with a picture of a fixture's segment.
    private func expected(segment: Int, frame: Int, count: Int) -> [Float] {
        let mono = (0..<count).map { index in
            (0..<2).reduce(Float(0)) {
                $0 + Float(PracticeShards.sample(frame * 80 + index, rate: 800, segment: segment, channel: $1))
            } / 65_536
        }
        let level = (mono.reduce(0.0) { $0 + Double($1 * $1) } / Double(count)).squareRoot()
        return mono.map { $0 * Float(0.1 / level) }
    }

    private func isNear(_ left: ArraySlice<Float>, _ right: [Float]) -> Bool {
        zip(left, right).allSatisfy { abs($0 - $1) < 1e-4 }
    }

    @Test func aMixtureIsThePicturesOwnSoundAndThatOfAnotherVideo() throws {
        try withTemporaryFolder { folder in
            try shards(folder)
            let dataset = try ShardDataset(.train, set: "easy", of: ShardSet(folder))
            let count = settings().separation.sampleCount
            let read = try read(dataset, seed: 7)
            var partners: Set<Int> = []
            for number in 0..<dataset.count {
                let (pair, shard, _) = dataset.locate(number)
                let sounds = read.sounds[number]
                let own = expected(
                    segment: Int(pair.videoSegment), frame: Int(pair.videoStartFrame), count: count)
                #expect(isNear(sounds[..<count], own), "pair \(number)")
                let others = (0..<dataset.count).filter { other in
                    let (pair, _, _) = dataset.locate(other)
                    return isNear(
                        sounds[count...],
                        expected(segment: Int(pair.videoSegment), frame: Int(pair.videoStartFrame), count: count))
                }
                // Segments of the same number and time sound alike in all of the fixture's videos: one of another must be it.
                #expect(others.contains { dataset.locate($0).shard != shard }, "pair \(number)")
                partners.formUnion(others)
                // Compressed as Multisensory hears it, both channels.
                #expect(read.mixtures[number].count == 2 * count)
                #expect(read.mixtures[number].allSatisfy { abs($0) <= 1 })
            }
            #expect(partners.count > dataset.count / 2)
        }
    }

    /// Of seed and place alone, whatever the threads; in evaluation of the pair alone.
    @Test func mixturesAreAPureFunction() throws {
        try withTemporaryFolder { folder in
            try shards(folder)
            let dataset = try ShardDataset(.train, set: "easy", of: ShardSet(folder))
            let first = try read(dataset, seed: 7)
            let again = try read(dataset, seed: 7, threads: 4)
            #expect(first.sounds == again.sounds && first.spectra == again.spectra && first.mixtures == again.mixtures)
            #expect(try read(dataset, seed: 8).sounds != first.sounds)
            let evaluation = try read(dataset, seed: nil)
            #expect(try read(dataset, seed: nil, threads: 3).sounds == evaluation.sounds)
            // Of the mixture, of the one and of the other: loudness and phase.
            let plane = 16 * 32
            for spectra in first.spectra {
                #expect(spectra.count == 6 * plane && spectra.allSatisfy { $0 >= -1 && $0 <= 1 })
            }
        }
    }

    private func refusal(_ change: (inout PracticeShards) -> Void, _ other: (inout TrainSettings) -> Void = { _ in })
        throws -> String
    {
        try withTemporaryFolder { folder in
            try shards(folder, change: change)
            var settings = settings()
            other(&settings)
            do {
                _ = try Trainer(settings: settings, seed: 3, shards: folder, run: "\(folder)/run", base: folder)
                    .run(cancellation: Cancellation()) { _ in Issue.record("a step was taken") }
                return "not refused"
            } catch { return "\(error)" }
        }
    }

    @Test(.enabled(if: Products.hasEngine, "make engine builds it"))
    func shardsThatCannotBeMixedAreRefused() throws {
        #expect(try refusal { $0.waveformRate = 0 }.contains("no waveform \"pcm\""))
        #expect(try refusal { $0.waveformRate = 400 }.contains("train.separation.sample_rate is 800"))
        #expect(try refusal { $0.waveformChannels = 1 }.contains("train.model.multisensory.channels is 2"))
        #expect(try refusal({ _ in }) { $0.separation.fps = 12 }.contains("train.separation.fps is 12"))
        #expect(try refusal({ _ in }) { $0.separation.windows = 64 }.contains("raise shard.pairs.clip_seconds"))
        #expect(try refusal { $0.missingSamples = 1500 }.contains("ends before 544 samples"))
        #expect(try refusal({ _ in }) { $0.model.multisensory.hears = .spectrogram }.contains("hears the waveform"))
        #expect(
            try refusal { $0.shards = [(.train, 4), (.val, 2), (.test, 3), (.test, 3)] }.contains("a mixture takes two")
        )
    }

    /// It learns, stops and goes on to the same bytes, is measured in decibels, and separates clips.
    @Test(.enabled(if: Products.hasEngine, "make engine builds it"), arguments: [false, true])
    func aRunLearnsIsMeasuredAndSeparates(isBlind: Bool) throws {
        try withTemporaryFolder { folder in
            try shards(folder)
            var settings = settings()
            if isBlind {
                settings.separation.features = .none
                settings.separation.loss = .permutationInvariant
                settings.separation.phase = .mixture
            }
            func train(_ run: String, stopAt step: Int? = nil) throws -> [Double] {
                let cancellation = Cancellation()
                var losses: [Double] = []
                do {
                    _ = try Trainer(settings: settings, seed: 3, shards: folder, run: "\(folder)/\(run)", base: folder)
                        .run(cancellation: cancellation) {
                            if let loss = $0.loss { losses.append(loss) }
                            if $0.step == step { cancellation.cancel(.interrupted) }
                        }
                } catch is CancellationError where step != nil {}
                return losses
            }
            let losses = try train("whole")
            #expect(try #require(losses.last) < #require(losses.first))
            _ = try train("stopped", stopAt: 3)
            _ = try train("stopped")
            let bytes = try ["whole", "stopped"].map {
                try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)/separation.safetensors"))
            }
            #expect(bytes[0] == bytes[1])

            let evaluation = try Evaluator(run: "\(folder)/whole", shards: folder).evaluate()
            let result = try #require(evaluation.separation)
            #expect(evaluation.conditions.isEmpty && evaluation.weights == .last && evaluation.sameShards)
            #expect(result.mixtures > 0 && result.videos == 2 && result.freeOrder == isBlind)
            #expect(result.sides.map(\.name) == ["on-screen", "off-screen"])
            for side in result.sides {
                #expect(abs(side.sdr - side.mixtureSDR - side.improvement) < 1e-9)
                #expect(side.interval?.count == 2)
            }
            #expect(try Evaluator(run: "\(folder)/whole", shards: folder).evaluate().separation == result)

            let separator = try Separator(run: "\(folder)/whole")
            #expect(separator.frames == (isBlind ? 0 : 8) && separator.channels == 2)
            let count = settings.separation.sampleCount
            let picture = PixelBuffer(width: 20, height: 16, channels: 3)
            let pictures = (0..<separator.frames).flatMap { _ in separator.square(of: picture) }
            let sound = (0..<2 * count).map { Float(sin(0.4 * Double($0))) * 0.3 }
            let (on, off) = try separator.separate(pictures: pictures, sound: sound)
            #expect(on.count == count && off.count == count && (on + off).allSatisfy { $0.isFinite })
            #expect(on.contains { $0 != 0 })
            // Silence stays silence; what is no number is silence, too.
            let silence = try separator.separate(
                pictures: pictures, sound: [Float](repeating: 0, count: 2 * count))
            #expect((silence.on + silence.off).allSatisfy { $0 == 0 })
            var broken = sound
            broken[5] = .nan
            broken[count] = -.infinity
            let heard = try separator.separate(pictures: pictures, sound: broken)
            #expect((heard.on + heard.off).allSatisfy { $0.isFinite })
            // Twice as loud is twice as loud.
            let louder = try separator.separate(pictures: pictures, sound: sound.map { $0 * 2 })
            for (one, two) in zip(on, louder.on) { #expect(abs(2 * one - two) < 1e-2 * max(0.05, abs(two))) }
        }
    }

    @Test(.enabled(if: Products.hasEngine, "make engine builds it"))
    func aRunOfAnotherRecipeSeparatesNothing() throws {
        try withTemporaryFolder { folder in
            try PracticeShards().write(to: folder)
            var settings = TrainerTests.settings(epochs: [1, 0])
            settings.pairsPerEpoch = 8
            _ = try Trainer(settings: settings, seed: 3, shards: folder, run: "\(folder)/run", base: folder)
                .run(cancellation: Cancellation()) { _ in }
            let error = #expect(throws: TrainingError.self) { try Separator(run: "\(folder)/run") }
            #expect(error?.description.contains("separates nothing") == true)
            #expect(throws: TrainingError.self) { try Separator(run: "\(folder)/none") }
        }
    }
}
