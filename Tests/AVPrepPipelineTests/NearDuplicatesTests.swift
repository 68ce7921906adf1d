import AVPrepCatalog
import AVPrepCore
import AVPrepPairs
import AVPrepStore
import AVPrepSynth
import AVPrepVision
import Foundation
import TestSupport
import Testing

@testable import AVPrepPipeline

@Suite struct NearDuplicatesTests {
    /// The benchmark (`avprep-bench duplicates`), small.
    @Test func copiesAreKnownAgainAndOtherMomentsOfTheSameSceneAreNot() throws {
        try withTemporaryFolder { folder in
            var search = DuplicateSearch(settings: DuplicateSettings(), mirrorBits: PictureHash.mirrorBits)
            var sources: [String: String] = [:]
            for source in (0..<1).flatMap({
                DuplicateSource.practice(number: $0, width: 96, height: 54, seconds: 4)
            }) {
                for kind in DuplicateCase.Kind.allCases {
                    let path = "\(folder)/copy.mp4"
                    try #require(DuplicateCase(kind, of: source, number: 3)).write(path)
                    let name = "\(source.name)/\(kind.rawValue)"
                    sources[name] = source.name
                    search.add(try VideoFingerprint.make(of: path), ofVideo: name)
                }
            }
            let matches = search.matches()
            #expect(matches.allSatisfy { sources[$0.first] == sources[$0.second] }, "\(matches)")
            let groups = DuplicateGroups.groups(of: matches)
            let found = sources.filter { name, source in
                groups[name] != nil && groups[name] == groups["\(source)/original"]
            }
            #expect(found.count >= sources.count - 1, "\(Set(sources.keys).subtracting(found.keys))")
        }
    }

    @Test func copiesInACorpusAreReportedStayTogetherAndGiveNoEasyNegatives() throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            corpus.settings.ingest.video.fps = 25
            corpus.settings.shard.split.test = 0.5
            corpus.settings.shard.pairs.hardRatio = 0
            let sources = (0..<3).flatMap { DuplicateSource.practice(number: $0, width: 96, height: 54, seconds: 4) }
            for (number, source) in sources.enumerated() {
                try DuplicateCase(.original, of: source, number: 1)?.write("\(folder)/videos/\(number).mp4")
                try DuplicateCase(.encoded, of: source, number: 1)?.write("\(folder)/videos/\(number)-again.mp4")
            }
            let report = try IngestStage.run(corpus.workspace, corpus.context)
            #expect(report.nearDuplicates == NearDuplicates.Counts(videos: 12, groups: 6))
            #expect(report.text.contains("12 videos are near-duplicates of each other, in 6 groups"))
            #expect(try StatusReport.make(corpus.workspace).nearDuplicates == report.nearDuplicates)

            let shards = try ShardStage.run(corpus.workspace, corpus.context).index
            var sides: [String: Set<Split>] = [:]
            for shard in shards.shards {
                let reader = try StoreReader(path: "\(folder)/shards/\(shard.name)")
                for stored in reader.segments { sides[stored.groupID, default: []].insert(shard.split) }
                let sources = PairSources.all(of: reader)
                let pairs = try PairFile.read("\(folder)/shards/\(PairFile.name(forShard: shard.name))")
                for pair in pairs.flatMap(\.pairs) where pair.kind == .easy {
                    #expect(sources[Int(pair.videoSegment)].group != sources[Int(pair.audioSegment)].group)
                }
            }
            #expect(sides.count == 6 && sides.values.allSatisfy { $0.count == 1 })
            #expect(try VerifyStage.run(corpus.workspace, corpus.context, isQuick: false).findings.isEmpty)

            // One of each group is enough where the policy drops the others.
            var single = corpus
            single.settings.shard.nearDuplicates = .drop
            let dropped = try ShardStage.run(single.workspace, single.context)
            #expect(dropped.index.splits.values.reduce(0) { $0 + $1.videos } == 6)
            #expect(dropped.index.leftOut?.nearDuplicates?.count == 6)
            #expect(dropped.text.contains("6 videos are left out as near-duplicates of others"))
            #expect(try VerifyStage.run(single.workspace, single.context, isQuick: false).findings.isEmpty)

            // The catalog can be lost: prepared files keep the fingerprints.
            for name in ["catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm"] {
                try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
            }
            #expect(try IngestStage.run(corpus.workspace, corpus.context).nearDuplicates == report.nearDuplicates)

            corpus.settings.duplicates.enabled = false
            #expect(try IngestStage.run(corpus.workspace, corpus.context).nearDuplicates == nil)
        }
    }

    @Test func aLeakOfNearDuplicatesIsFoundWithoutTheCatalog() throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            corpus.settings.ingest.video.fps = 25
            corpus.settings.shard.split.test = 0.5
            corpus.settings.duplicates.enabled = false
            for (number, source) in (0..<4).map({
                DuplicateSource.practice(number: $0, width: 96, height: 54, seconds: 4)[0]
            }).enumerated() {
                try DuplicateCase(.original, of: source, number: 1)?.write("\(folder)/videos/\(number).mp4")
                try DuplicateCase(.encoded, of: source, number: 1)?.write("\(folder)/videos/\(number)-again.mp4")
            }
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            _ = try ShardStage.run(corpus.workspace, corpus.context)
            corpus.settings.duplicates.enabled = true
            // Seeing now what it did not see then, it plans anew.
            let report = try ShardStage.run(corpus.workspace, corpus.context)
            #expect(try VerifyStage.run(corpus.workspace, corpus.context, isQuick: false).findings.isEmpty)
            #expect(report.packed > 0)
        }
    }

    // MARK: - Plans

    private func match(_ first: String, _ second: String) -> DuplicateMatch {
        DuplicateMatch(
            first: min(first, second), second: max(first, second), pictureDistance: 0, soundDistance: 0,
            offsetSeconds: 0, isMirrored: false)
    }

    private let videos = (0..<40).map { number in
        let id = String(SHA256.digest(of: "video \(number)").hex.prefix(32))
        return ShardPlan.Video(videoID: id, path: "\(number).h5", bytes: 100 << 10)
    }

    private func standing(_ plan: ShardPlan) -> [ShardPlan.Standing] {
        plan.shards.map { ShardPlan.Standing(name: $0.name, split: $0.split, videoIDs: $0.videoIDs) }
    }

    @Test func aShardWhoseVideosTurnOutToBeAlikeIsPackedAgain() throws {
        var settings = ShardSettings()
        settings.shardMegabytes = 1
        let first = ShardPlan(videos: videos, settings: settings, seed: 3)
        let shard = try #require(first.shards.first { $0.split == .train && $0.videoIDs.count > 3 })
        let groups = [shard.videoIDs[0]: "a", shard.videoIDs[1]: "a"]
        let again = ShardPlan(videos: videos, standing: standing(first), groups: groups, settings: settings, seed: 3)
        #expect(!again.shards.contains { $0.name == shard.name })
        #expect(again.shards.count { $0.sources == nil } == first.shards.count - 1)
        #expect(again.shards.flatMap(\.videoIDs).sorted() == videos.map(\.videoID).sorted())
        // Known as such, it stays, whatever the group is called.
        var known = standing(first)
        for index in known.indices where known[index].name == shard.name { known[index].groups = groups }
        let renamed = groups.mapValues { _ in "b" }
        let stays = ShardPlan(videos: videos, standing: known, groups: renamed, settings: settings, seed: 3)
        #expect(stays.shards.allSatisfy { $0.sources == nil })
    }

    @Test func whatBridgesTheSplitIsLeftOutAndWhatDividesAGroupIsPlannedAnew() throws {
        let settings = ShardSettings()
        let first = ShardPlan(videos: Array(videos[..<39]), settings: settings, seed: 3)
        let train = try #require(first.shards.first { $0.split == .train }?.videoIDs.first)
        let test = try #require(first.shards.first { $0.split == .test }?.videoIDs.first)
        let bridge = videos[39].videoID
        let bridged = GroupedPlan(
            videos: videos, standing: standing(first),
            NearDuplicates([match(train, bridge), match(test, bridge)]), settings: settings, seed: 3)
        #expect(bridged.straddling == [bridge] && bridged.groups.isEmpty && bridged.obstacle == nil)
        #expect(bridged.plan.shards.allSatisfy { $0.sources == nil })
        let divided = GroupedPlan(
            videos: videos, standing: standing(first), NearDuplicates([match(train, test)]), settings: settings, seed: 3
        )
        #expect(divided.obstacle != nil && divided.straddling.isEmpty)
        let sides = divided.plan.shards.filter { $0.videoIDs.contains(train) || $0.videoIDs.contains(test) }.map(
            \.split)
        #expect(Set(sides).count == 1)
    }
}
