import AVPrepCore
import AVPrepPairs
import AVPrepStore
import Foundation
import TestSupport
import Testing

@testable import AVPrepPipeline

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
        #expect(plan.shards.flatMap(\.videos).map(\.videoID).sorted() == videos.map(\.videoID).sorted())
        for shard in plan.shards {
            #expect(shard.name.hasPrefix("\(shard.split.rawValue)-0"))
            for video in shard.videos {
                #expect(VideoSplit.split(of: video.videoID, settings: settings.split, seed: 7) == shard.split)
            }
        }
        let training = plan.shards.filter { $0.split == .train }
        #expect(training.count > 10)
        #expect(training.allSatisfy { (2...3).contains($0.videos.count) })
    }

    @Test func aVideoLargerThanAShardStillGetsACompanion() {
        var settings = ShardSettings()
        settings.shardMegabytes = 1
        settings.split.val = 0
        settings.split.test = 0
        let plan = ShardPlan(videos: videos(5, bytes: 8 << 20), settings: settings, seed: 1)
        #expect(plan.shards.map(\.videos.count) == [2, 3])
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

    @Test func shardsOfVideosThatAreGoneAreRemoved() throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            corpus.settings.shard.shardMegabytes = 1
            try corpus.addSyntheticVideos(6)
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            let before = try ShardStage.run(corpus.workspace, corpus.context).index.shards.count
            #expect(before > 1)
            for number in 2..<6 {
                try FileManager.default.removeItem(atPath: folder + "/videos/video-0000\(number).mp4")
            }
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            let index = try ShardStage.run(corpus.workspace, corpus.context).index
            #expect(index.shards.count == 1 && index.splits["train"]?.videos == 2)
            let names = try FileManager.default.contentsOfDirectory(atPath: folder + "/shards").sorted()
            #expect(names == ["index.json", "train-00000.h5", "train-00000.pairs.h5"])
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
