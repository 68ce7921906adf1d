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

/// Class activation maps: what they are made of adds up to the answer.
@Suite(.serialized, .enabled(if: Products.hasEngine, "make engine builds it"))
struct LocaliserTests {
    private func tensor(_ shape: [Int], _ random: inout SeededRandom, _ engine: Engine) throws -> Tensor {
        try Tensor(
            (0..<shape.reduce(1, *)).map { _ in Float(random.uniform(-1...1)) }, shape: shape, engine: engine)
    }

    /// A place's part of the map: the answer to its features alone, less that to the mean of all places.
    @Test(arguments: [false, true]) func aPlaceOfL3sMapIsTheAnswerToItAlone(isSound: Bool) throws {
        let engine = try Engine.load(device: .cpu, threads: 1)
        let store = ParameterStore(engine: engine, seed: 3)
        let fusion = try FusionHead(store.root / "fusion", from: 7, hidden: 9)
        var random = SeededRandom(seed: 1, for: "places")
        let (width, rest) = isSound ? (4, 3) : (3, 4)
        let features = try tensor([2, width, 3, 5], &random, engine)
        let other = try tensor([2, rest], &random, engine)
        try engine.withoutGradients {
            let located = try LocatedFeatures.placed(features, isSound: isSound) {
                try isSound
                    ? fusion.answers(ofSounds: $0, besidePicture: other)
                    : fusion.answers(ofPictures: $0, besideSound: other)
            }
            #expect(located.values.shape == (isSound ? [2, width, 3, 1, 5] : [2, width, 1, 3, 5]))
            #expect(located.answer.shape == (isSound ? [2, 3, 1, 5] : [2, 1, 3, 5]))
            func answer(_ own: Tensor) throws -> [Float] {
                let logits = try (isSound ? fusion(other, own) : fusion(own, other)).floats()
                return [logits[1] - logits[0], logits[3] - logits[2]]
            }
            let usual = try answer(try features.mean([2, 3]))
            let found = try located.answer.floats()
            for place in 0..<15 {
                let own = try features.narrowed(2, place / 5..<place / 5 + 1)
                    .narrowed(3, place % 5..<place % 5 + 1).reshaped([2, width])
                for (sample, alone) in try answer(own).enumerated() {
                    #expect(abs(found[sample * 15 + place] - (alone - usual[sample])) < 1e-5)
                }
            }
            // Where all places are alike, none says more than another.
            let flat = try LocatedFeatures.placed(
                try Tensor([Float](repeating: 0.3, count: 2 * width * 15), shape: [2, width, 3, 5], engine: engine),
                isSound: isSound
            ) {
                try isSound
                    ? fusion.answers(ofSounds: $0, besidePicture: other)
                    : fusion.answers(ofPictures: $0, besideSound: other)
            }
            #expect(try flat.answer.floats().allSatisfy { abs($0) < 1e-5 })
        }
    }

    @Test func theMeanOfTheArrowsMapIsItsLogitWithoutTheBias() throws {
        let engine = try Engine.load(device: .cpu, threads: 1)
        let network = try ArrowNetwork(
            width: 2, pictures: 4, segments: 2, seed: 5, engine: engine)
        var random = SeededRandom(seed: 1, for: "flow")
        let flow = try tensor([3, 8, 32, 32], &random, engine)
        try engine.withoutGradients {
            let (logits, features) = try network.located(flow)
            let plain = try network(flow, training: false).floats()
            let means = try features.answer.mean([1, 2, 3]).floats()
            let bias = try #require(try network.store.values()["fc.bias"]).floats[0]
            #expect(try logits.floats() == plain)
            #expect(zip(means, plain).allSatisfy { abs($0 + bias - $1) < 1e-5 })
        }
    }

    @Test func theMeanOfMultisensorysMapIsItsLogitWithoutTheBias() throws {
        let engine = try Engine.load(device: .cpu, threads: 1)
        var settings = ModelSettings()
        settings.video.width = 2
        settings.audio.width = 2
        let network = try MultisensoryNetwork(
            settings: settings, sound: .waveform(channels: 1), seed: 5, engine: engine)
        var random = SeededRandom(seed: 1, for: "clip")
        let pictures = try tensor([2, 3, 8, 64, 64], &random, engine)
        let sounds = try tensor([2, 1, 8192], &random, engine)
        try engine.withoutGradients {
            let (logits, features) = try network.located(pictures: pictures, sounds: sounds)
            let means = try features.answer.mean([1, 2, 3]).floats()
            let bias = try #require(try network.store.values()["fc.bias"]).floats[0]
            #expect(features.values.shape == [2, 16, 1, 2, 2])
            #expect(zip(means, try logits.floats()).allSatisfy { abs($0 + bias - $1) < 1e-5 })
        }
    }

    private func trained(_ folder: String) throws {
        var shards = PracticeShards(
            width: 20, height: 16, shards: [(.train, 4), (.val, 4), (.test, 4)], pairsPerSegment: 8)
        shards.binCount = 8
        shards.hasFrames = true
        try shards.write(to: folder)
        var settings = TrainerTests.settings(epochs: [1, 0])
        settings.recipeName = .l3
        settings.model.frames = 0
        settings.model.video.width = 2
        settings.model.audio.width = 2
        settings.model.fusion = 6
        settings.stages = [StageSettings(name: "l3", set: "l3", epochs: 1)]
        _ = try Trainer(settings: settings, seed: 3, shards: folder, run: "\(folder)/run", base: folder)
            .run(cancellation: Cancellation()) { _ in }
    }

    @Test func clipsAreScoredAsInEvaluationAndAUnitsMapPeaksAtItsResponse() throws {
        try withTemporaryFolder { folder in
            try trained(folder)
            let localiser = try Localiser(run: folder + "/run", shards: folder, threads: 1)
            let clips = localiser.clipsInSync
            #expect(clips.count > 0 && localiser.measured.split == .test)
            var found: [LocalisedClip] = []
            try localiser.localise(clips) { number, clip in
                #expect(number == found.count)
                found.append(clip)
            }
            #expect(found.count == clips.count)
            #expect(found.allSatisfy { $0.pair.kind == .positive && (0...1).contains($0.score) })
            let unit = 3
            try localiser.localise(clips, units: Array(repeating: unit, count: clips.count)) { number, clip in
                let map = clip.picture
                #expect(map.values.max() == found[number].pictureUnits[unit])
                #expect(clip.sound?.values.max() == found[number].soundUnits[unit])
                #expect(clip.score == found[number].score)
            }
        }
    }

    @Test func clipsInSyncCoverEverySegmentAndLieInTheMiddleOfTheirSound() throws {
        try withTemporaryFolder { folder in
            try trained(folder)
            let localiser = try Localiser(run: folder + "/run", shards: folder, threads: 1)
            let measured = localiser.measured
            let shards = try ShardSet(folder)
            let readers = try shards.index.shards.map { try shards.reader(of: $0) }
            let clips = try measured.clipsInSync(in: readers, of: folder, every: 3)
            for number in 0..<clips.count {
                let (pair, _, reader) = clips.locate(number)
                let frames = reader.segments[Int(pair.videoSegment)].frames.count
                #expect(pair.videoSegment == pair.audioSegment)
                #expect(Int(pair.videoStartFrame) + measured.clipFrames <= frames)
                #expect(pair.audioStartSeconds >= 0)
                #expect(pair.audioStartSeconds + measured.soundSeconds <= Double(frames) / measured.fps + 1e-9)
                let (start, length) = (
                    Double(pair.videoStartFrame) / measured.fps, Double(measured.clipFrames) / measured.fps
                )
                #expect(pair.audioStartSeconds <= start + 1e-9)
                #expect(pair.audioStartSeconds + measured.soundSeconds >= start + length - 1e-9)
            }
            for (shard, reader) in readers.enumerated() {
                for (row, stored) in reader.segments.enumerated() {
                    let own = clips.pairs[shard].filter { $0.videoSegment == Int32(row) }.map(\.videoStartFrame)
                    #expect(own.first == 0 && own.last == Int32(stored.frames.count - measured.clipFrames))
                }
            }
            // Every pair can be read and localised.
            var count = 0
            try localiser.localise(clips) { _, _ in count += 1 }
            #expect(count == clips.count)
        }
    }
}
