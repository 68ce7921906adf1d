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

@Suite struct ShardStageTests {
    private func videos(_ count: Int, bytes: Int = 400 << 10) -> [ShardPlan.Video] {
        (0..<count).map { number in
            let id = String(SHA256.digest(of: "video \(number)").hex.prefix(32))
            return ShardPlan.Video(videoID: id, path: "\(number).h5", bytes: bytes)
        }
    }

    @Test func everyVideoLiesInOneShardOfItsSplitWhateverTheOrderOfListing() {
        var settings = ShardSettings()
        settings.shardMegabytes = 1
        let videos = videos(60)
        let plan = ShardPlan(videos: videos, settings: settings, seed: 7)
        #expect(plan == ShardPlan(videos: videos.reversed(), settings: settings, seed: 7))
        #expect(plan != ShardPlan(videos: videos, settings: settings, seed: 8))
        #expect(plan.shards.flatMap(\.videoIDs).sorted() == videos.map(\.videoID).sorted())
        for shard in plan.shards {
            #expect(
                shard.name.hasPrefix("\(shard.split.rawValue)-0") && shard.sources?.map(\.videoID) == shard.videoIDs)
            for video in shard.videoIDs {
                #expect(VideoSplit.split(of: video, settings: settings.split, seed: 7) == shard.split)
            }
        }
        let training = plan.shards.filter { $0.split == .train }
        #expect(training.count > 10)
        #expect(training.allSatisfy { (2...3).contains($0.videoIDs.count) })
    }

    private func existing(_ plan: ShardPlan) -> [ShardPlan.Existing] {
        plan.shards.map { ShardPlan.Existing(name: $0.name, split: $0.split, videoIDs: $0.videoIDs) }
    }

    @Test(arguments: UInt64(0)..<20)
    func aGrowingCorpusKeepsEveryShardAndEverySide(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var settings = ShardSettings()
        settings.shardMegabytes = 1
        let all = random.shuffled(videos(60))
        var plan = ShardPlan(videos: Array(all[..<20]), settings: settings, seed: seed)
        for _ in 0..<5 {
            let before = plan
            let there = all.filter { _ in random.below(4) > 0 }
            plan = ShardPlan(videos: there, existing: existing(before), settings: settings, seed: seed)
            let repacked = plan.shards.filter { $0.sources != nil }
            for shard in before.shards where !plan.shards.contains(where: { $0.name == shard.name }) {
                // Only a shard that took in a single new video has another name; it lost none that is there.
                let packed = Set(repacked.filter { $0.split == shard.split }.flatMap(\.videoIDs))
                #expect(Set(shard.videoIDs).intersection(there.map(\.videoID)).isSubset(of: packed))
            }
            for shard in plan.shards where shard.sources == nil {
                #expect(before.shards.contains { $0.name == shard.name && $0.videoIDs == shard.videoIDs })
            }
            let names = plan.shards.map(\.name)
            #expect(Set(names).count == names.count)
            let packed = plan.shards.flatMap(\.videoIDs)
            #expect(Set(packed).count == packed.count && Set(packed).isSuperset(of: there.map(\.videoID)))
            #expect(Set(plan.vanished) == Set(packed).subtracting(there.map(\.videoID)))
            for shard in plan.shards {
                for video in shard.videoIDs {
                    #expect(VideoSplit.split(of: video, settings: settings.split, seed: seed) == shard.split)
                }
            }
            let again = ShardPlan(videos: there, existing: existing(plan), settings: settings, seed: seed)
            #expect(again.shards.allSatisfy { $0.sources == nil } && again.vanished == plan.vanished)
        }
    }

    @Test func aGroupLiesOnOneSide() throws {
        let videos = videos(40)
        let settings = ShardSettings()
        let first = ShardPlan(videos: Array(videos[..<30]), settings: settings, seed: 3)
        let test = try #require(first.shards.first { $0.split == .test }?.videoIDs.first)
        let follower = videos[30].videoID
        let grown = ShardPlan(
            videos: videos, existing: existing(first), groups: [test: "g", follower: "g"], settings: settings, seed: 3)
        #expect(grown.shards.first { $0.videoIDs.contains(follower) }?.split == .test)
        let groups = Dictionary(uniqueKeysWithValues: videos[..<10].map { ($0.videoID, "one") })
        let fresh = ShardPlan(videos: videos, groups: groups, settings: settings, seed: 3)
        #expect(Set(fresh.shards.filter { !groups.keys.filter($0.videoIDs.contains).isEmpty }.map(\.split)).count == 1)
    }

    @Test func aVideoLargerThanAShardStillGetsACompanion() {
        var settings = ShardSettings()
        settings.shardMegabytes = 1
        settings.split.val = 0
        settings.split.test = 0
        let plan = ShardPlan(videos: videos(5, bytes: 8 << 20), settings: settings, seed: 1)
        #expect(plan.shards.map(\.videoIDs.count) == [2, 3])
    }

    @Test func anotherHardRatioRewritesPairFilesAndTheIndexAlone() throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(4)
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            let first = try ShardStage.run(corpus.workspace, corpus.context)
            #expect(first.packed == 1)
            let before = try corpus.digests("shards")
            let modified = try date(folder + "/shards/train-00000.h5")
            corpus.settings.shard.pairs.hardRatio = 0.5
            let second = try ShardStage.run(corpus.workspace, corpus.context)
            #expect(second.packed == 0)
            let after = try corpus.digests("shards")
            #expect(after["train-00000.h5"] == before["train-00000.h5"])
            #expect(after["train-00000.pairs.h5"] != before["train-00000.pairs.h5"])
            #expect(try date(folder + "/shards/train-00000.h5") == modified)
            let sets = try PairFile.read(folder + "/shards/train-00000.pairs.h5")
            let mixed = try #require(sets.first { $0.name == "mixed" })
            let counts = Dictionary(grouping: mixed.pairs, by: \.kind).mapValues(\.count)
            #expect(counts[.easy] == counts[.hard])
            #expect(counts[.positive] == mixed.pairs.count / 2)
        }
    }

    @Test func newVideosGoIntoNewShardsAndGoneOnesAreMarkedUntilCompaction() throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            corpus.settings.shard.shardMegabytes = 1
            try corpus.addSyntheticVideos(6)
            try corpus.move(4..<6, to: "later")
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            let first = try ShardStage.run(corpus.workspace, corpus.context)
            let before = try corpus.digests("shards")
            try corpus.move(4..<6, from: "later", to: "videos")
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            let grown = try ShardStage.run(corpus.workspace, corpus.context)
            #expect(grown.packed == 1 && grown.index.splits["train"]?.videos == 6)
            let after = try corpus.digests("shards")
            for shard in first.index.shards {
                let pairs = PairFile.name(forShard: shard.name)
                #expect(after[shard.name] == before[shard.name] && after[pairs] == before[pairs])
            }
            #expect(try VerifyStage.run(corpus.workspace, corpus.context, isQuick: false).findings == [])

            try corpus.move(0..<1, to: "gone")
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            let marked = try ShardStage.run(corpus.workspace, corpus.context)
            #expect(marked.packed == 0 && marked.index.vanishedVideos.count == 1)
            let gone = try #require(marked.index.vanishedVideos.first)
            for shard in marked.index.shards {
                let reader = try StoreReader(path: "\(folder)/shards/\(shard.name)")
                for set in try PairFile.read("\(folder)/shards/\(PairFile.name(forShard: shard.name))") {
                    let rows = set.pairs.flatMap { [Int($0.videoSegment), Int($0.audioSegment)] }
                    #expect(!rows.contains { reader.segments[$0].segment.videoID == gone })
                }
            }
            #expect(try VerifyStage.run(corpus.workspace, corpus.context, isQuick: false).findings == [])
            // It comes back: so do its pairs.
            try corpus.move(0..<1, from: "gone", to: "videos")
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            _ = try ShardStage.run(corpus.workspace, corpus.context)
            #expect(try corpus.digests("shards") == after)

            let compacted = try ShardStage.run(corpus.workspace, corpus.context, compact: true)
            #expect(compacted.index.splits["train"]?.videos == 6)
            let compact = try corpus.digests("shards")
            try FileManager.default.removeItem(atPath: folder + "/shards")
            _ = try ShardStage.run(corpus.workspace, corpus.context)
            #expect(try corpus.digests("shards") == compact, "compacting is shuffling as if nothing had lain there")
        }
    }

    @Test func soundOfNeighbouringSegmentsNeitherSharesNorLosesASample() {
        var sound = SoundBuffer(sampleRate: 16_000, channels: 1)
        let samples = (0..<48_000).map { Float($0) }
        samples[..<20_000].withUnsafeBufferPointer { sound.append($0, at: 0) }
        samples[20_000...].withUnsafeBufferPointer { sound.append($0, at: 20_000) }
        var heard: [Float] = []
        // 29.97 frames a second: segment ends fall between samples.
        let ends = [0, 21, 40, 77].map { Double($0) * 1001 / 30_000 }
        for (from, to) in zip(ends, ends.dropFirst()) {
            sound.withSamples(from: from, to: to) { heard += $0 }
            sound.drop(before: to)
        }
        #expect(heard == Array(samples[..<heard.count]))
        #expect(heard.count == Int((77.0 * 1001 / 30_000 * 16_000).rounded()))
    }

    private func date(_ path: String) throws -> Date? {
        try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
    }
}
