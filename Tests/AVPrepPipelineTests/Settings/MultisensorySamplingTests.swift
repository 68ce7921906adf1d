import AVPrepModel
import AVPrepPairs
import AVPrepSettings
import AVPrepTraining
import Foundation
import TestSupport
import Testing

/// What a thousand batches of Multisensory hold, counted against the recipe, by the published pipeline file.
@Suite struct MultisensorySamplingTests {
    private static let fps = 29.97

    /// Ten shards of five hundred segments of 10.1 s: 302 frames, and their sound.
    private static func sources(_ shard: Int) -> [PairSource] {
        (0..<500).map { row in
            PairSource(
                row: Int32(row), segmentID: "\(shard)-\(row)", videoID: "v\(shard)-\(row)", group: "v\(shard)-\(row)",
                startSeconds: 0, soundSeconds: 302 / fps, frameCount: 302, fps: fps)
        }
    }

    private static func settings(_ name: String) throws -> PipelineSettings {
        try PipelineFile.parse(
            String(contentsOfFile: "\(Oracle.repository)/pipelines/\(name).yaml", encoding: .utf8), name: name)
    }

    /// The pairs of every batch of the first epoch, a shard after the other.
    private static func batches(_ settings: PipelineSettings) throws -> [[Pair]] {
        let definition = try #require(try settings.shard.pairs.definitions(seed: 1).first)
        let shards = try (0..<10).map { shard in
            try PairSampler(
                sources(shard), settings: settings.shard.pairs, shard: "train-\(shard)", seed: 1
            ).draw(definition.plan).pairs
        }
        let order = try EpochOrder(
            labels: shards.map { $0.map(\.kind.label) }, shown: .outOfSync, batchSize: settings.train.batchSize,
            pairsPerEpoch: settings.train.pairsPerEpoch, name: "shift", seed: 1)
        let pairs = shards.flatMap { $0 }
        let shown = order.pairs(epoch: 0).map { pairs[$0] }
        return stride(from: 0, to: shown.count, by: settings.train.batchSize).map {
            Array(shown[$0..<$0 + settings.train.batchSize])
        }
    }

    /// Recipe §3.2: starts in 0…176, shifts of 65 to 176 frames either way (2.17 to 5.87 s), clips that share 60 frames at most,
    /// all such pairs alike. Each clip comes with its own sound, too: half of what is answered is in sync.
    @Test func aThousandBatchesHaveTheRecipesShiftsOverlapsAndLabels() throws {
        let batches = Array(try Self.batches(Self.settings("multisensory")).prefix(1000))
        #expect(batches.count == 1000 && batches.allSatisfy { $0.count == 15 })
        var shifts: [Int: Int] = [:]
        var starts: Set<Int> = []
        for pair in batches.joined() {
            #expect(pair.kind == .hard && pair.kind.label == 0 && pair.videoSegment == pair.audioSegment)
            let place = pair.audioStartSeconds * Self.fps
            #expect(abs(place - place.rounded()) < 1e-6)
            starts.insert(Int(pair.videoStartFrame))
            shifts[Int(place.rounded()) - Int(pair.videoStartFrame), default: 0] += 1
        }
        #expect(shifts.keys.allSatisfy { (65...176).contains(abs($0)) })
        #expect(shifts.keys.map { abs($0) }.min() == 65 && shifts.keys.map { 125 - abs($0) }.max() == 60)
        #expect(starts == Set(0...176))
        let late = shifts.filter { $0.key > 0 }.reduce(0) { $0 + $1.value }
        // Exact for the whole epoch (picture and sound of each quad change places), here within four deviations.
        #expect(abs(late - 7500) < 250, "\(late) of 15000 are late")
        // Of all pairs alike, one with shift d is as common as there are places for it.
        let weights = (65...176).map { ($0, Double(177 - $0)) }
        let total = weights.reduce(0) { $0 + $1.1 }
        for range in [65..<80, 80..<100, 100..<130, 130..<177] {
            let expected = weights.filter { range.contains($0.0) }.reduce(0) { $0 + $1.1 } / total * 15_000
            let found = Double(shifts.filter { range.contains(abs($0.key)) }.reduce(0) { $0 + $1.value })
            #expect(abs(found - expected) < 4.5 * expected.squareRoot(), "\(range): \(found), not \(expected)")
        }
    }

    /// Each picture clip, and each sound clip, of a negative is one of a positive: neither tells the label by itself.
    @Test func everyClipIsAsOftenInSyncAsNot() throws {
        let settings = try Self.settings("multisensory")
        let definition = try #require(try settings.shard.pairs.definitions(seed: 1).first)
        let pairs = try PairSampler(Self.sources(0), settings: settings.shard.pairs, shard: "train-0", seed: 1)
            .draw(definition.plan).pairs
        #expect(pairs.count == 500 * settings.shard.pairs.pairsPerSegment)
        func clips(_ label: UInt8, _ clip: (Pair) -> String) -> [String: Int] {
            pairs.filter { $0.kind.label == label }.reduce(into: [:]) { $0[clip($1), default: 0] += 1 }
        }
        for clip in [
            { (pair: Pair) in "\(pair.videoSegment) \(pair.videoStartFrame)" },
            { (pair: Pair) in "\(pair.audioSegment) \(pair.audioStartSeconds)" },
        ] {
            #expect(clips(1, clip) == clips(0, clip))
        }
    }

    @Test func randomPairingTakesTheSoundsOfOtherVideos() throws {
        let batches = try Self.batches(Self.settings("multisensory-variants/random-pairing"))
        #expect(batches.count >= 1000)
        #expect(batches.joined().allSatisfy { $0.kind == .easy && $0.videoSegment != $0.audioSegment })
    }
}
