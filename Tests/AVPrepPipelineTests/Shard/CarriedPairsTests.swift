import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepPairs
import AVPrepStore
import Foundation
import TestSupport
import Testing

@testable import AVPrepIngest
@testable import AVPrepSettings
@testable import AVPrepShard
@testable import AVPrepVerify

/// What stays keeps its pairs, whatever else comes and goes.
@Suite struct CarriedPairsTests {
    /// The pairs of a set, as what they say: segments by name, and times; with how often each occurs.
    private func pairs(_ corpus: SmallCorpus, _ set: String) throws -> [String: Int] {
        let index = try ShardSet("\(corpus.folder)/shards").index
        var found: [String: Int] = [:]
        for shard in index.shards where shard.split == .train {
            let segments = try StoreReader(path: "\(corpus.folder)/shards/\(shard.name)").segments
            let sets = try PairFile.read("\(corpus.folder)/shards/\(PairFile.name(forShard: shard.name))")
            for pair in try #require(sets.first { $0.name == set }).pairs {
                let names = [pair.videoSegment, pair.audioSegment].map { segments[Int($0)].segment.segmentID }
                found["\(pair.kind.name) \(names) \(pair.videoStartFrame) \(pair.audioStartSeconds)", default: 0] += 1
            }
        }
        return found
    }

    /// Of a set of before what must be there now: negatives of videos that stay. (A positive goes with its negatives.)
    private func lost(_ before: [String: Int], _ now: [String: Int], without gone: [String]) -> [String] {
        before.filter { pair, count in
            !pair.hasPrefix("positive") && !gone.contains(where: pair.contains) && now[pair, default: 0] < count
        }.keys.sorted()
    }

    private func make(_ corpus: SmallCorpus) throws -> ShardReport {
        _ = try IngestStage.run(corpus.workspace, corpus.context)
        let report = try ShardStage.run(corpus.workspace, corpus.context)
        #expect(try VerifyStage.run(corpus.workspace, corpus.context, isQuick: false).findings == [])
        return report
    }

    private func corpus(_ folder: String, videos: Int) throws -> SmallCorpus {
        var corpus = try SmallCorpus(folder)
        corpus.settings.shard.pairs.hardRatio = 0.25
        corpus.settings.shard.pairs.pairsPerSegment = 16
        try corpus.addSyntheticVideos(videos)
        return corpus
    }

    @Test func aVideoThatVanishesTakesItsOwnPairsAlone() throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(folder, videos: 5)
            _ = try make(corpus)
            let whole = try (pairs(corpus, "easy"), pairs(corpus, "mixed"))
            let digests = try corpus.digests("shards")

            try corpus.move(0..<1, to: "gone")
            var gone = try make(corpus).index.vanishedVideos
            #expect(gone.count == 1)
            let first = try (pairs(corpus, "easy"), pairs(corpus, "mixed"))
            #expect(lost(whole.0, first.0, without: gone) == [])
            #expect(lost(whole.1, first.1, without: gone) == [])
            #expect(lost(whole.0, first.0, without: []).count > 10, "the test is one")

            // The index is lost after the pair files were written, as by a kill: the same command writes the same.
            let marked = try corpus.digests("shards")
            try corpus.move(1..<2, to: "gone")
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            let index = try Data(contentsOf: URL(fileURLWithPath: folder + "/shards/index.json"))
            gone = try ShardStage.run(corpus.workspace, corpus.context).index.vanishedVideos
            #expect(gone.count == 2)
            let second = try corpus.digests("shards")
            try index.write(to: URL(fileURLWithPath: folder + "/shards/index.json"))
            #expect(try make(corpus).index.vanishedVideos == gone)
            #expect(try corpus.digests("shards") == second)
            #expect(lost(first.0, try pairs(corpus, "easy"), without: gone) == [])
            #expect(lost(first.1, try pairs(corpus, "mixed"), without: gone) == [])
            // A set that is asked for again is the one that is there.
            _ = try make(corpus)
            #expect(try corpus.digests("shards") == second)

            // One is back: what stayed keeps its pairs, and it has its share.
            try corpus.move(1..<2, from: "gone", to: "videos")
            let before = try pairs(corpus, "mixed")
            gone = try make(corpus).index.vanishedVideos
            #expect(gone.count == 1)
            #expect(lost(before, try pairs(corpus, "mixed"), without: []) == [])
            #expect(try corpus.digests("shards").keys == marked.keys)
            // Both are: the pairs are those that were drawn with all.
            try corpus.move(0..<1, from: "gone", to: "videos")
            _ = try make(corpus)
            #expect(try corpus.digests("shards") == digests)
        }
    }

    @Test func aShardThatIsPackedAgainWithAnotherVideoKeepsItsPairs() throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(folder, videos: 5)
            try corpus.move(4..<5, to: "later")
            let name = try #require(try make(corpus).index.shards.first?.name)
            let before = try (pairs(corpus, "easy"), pairs(corpus, "mixed"))
            try corpus.move(4..<5, from: "later", to: "videos")
            let report = try make(corpus)
            #expect(report.packed == 1 && report.index.shards.map(\.name) != [name])
            let after = try (pairs(corpus, "easy"), pairs(corpus, "mixed"))
            #expect(lost(before.0, after.0, without: []) == [] && lost(before.1, after.1, without: []) == [])
            #expect(after.0.values.reduce(0, +) > before.0.values.reduce(0, +))
            // From scratch, nothing is kept.
            _ = try ShardStage.run(corpus.workspace, corpus.context, compact: true)
            let compact = try corpus.digests("shards")
            try FileManager.default.removeItem(atPath: folder + "/shards")
            _ = try make(corpus)
            #expect(try corpus.digests("shards") == compact)
        }
    }
}
