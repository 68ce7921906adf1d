import AVPrepCore
import AVPrepModel
import AVPrepPairs
import Testing

@testable import AVPrepSettings
@testable import AVPrepShard

@Suite struct GroupedPlanTests {
    private func match(_ first: String, _ second: String) -> DuplicateMatch {
        DuplicateMatch(
            first: min(first, second), second: max(first, second), pictureDistance: 0, soundDistance: 0,
            offsetSeconds: 0, isMirrored: false)
    }

    private let videos = (0..<40).map { number in
        let id = String(SHA256.digest(of: "video \(number)").hex.prefix(32))
        return ShardPlan.Video(videoID: id, path: "\(number).h5", bytes: 100 << 10)
    }

    private func existing(_ plan: ShardPlan) -> [ShardPlan.Existing] {
        plan.shards.map { ShardPlan.Existing(name: $0.name, split: $0.split, videoIDs: $0.videoIDs) }
    }

    @Test func aShardWhoseVideosTurnOutToBeAlikeIsPackedAgain() throws {
        var settings = ShardSettings()
        settings.shardMegabytes = 1
        let first = ShardPlan(videos: videos, settings: settings, seed: 3)
        let shard = try #require(first.shards.first { $0.split == .train && $0.videoIDs.count > 3 })
        let groups = [shard.videoIDs[0]: "a", shard.videoIDs[1]: "a"]
        let again = ShardPlan(videos: videos, existing: existing(first), groups: groups, settings: settings, seed: 3)
        #expect(!again.shards.contains { $0.name == shard.name })
        #expect(again.shards.count { $0.sources == nil } == first.shards.count - 1)
        #expect(again.shards.flatMap(\.videoIDs).sorted() == videos.map(\.videoID).sorted())
        // Known as such, it stays, whatever the group is called.
        var known = existing(first)
        for index in known.indices where known[index].name == shard.name { known[index].groups = groups }
        let renamed = groups.mapValues { _ in "b" }
        let stays = ShardPlan(videos: videos, existing: known, groups: renamed, settings: settings, seed: 3)
        #expect(stays.shards.allSatisfy { $0.sources == nil })
    }

    @Test func whatIsNewAndAllOfOneGroupJoinsTheLastShard() throws {
        let settings = ShardSettings()
        let first = ShardPlan(videos: Array(videos[..<30]), settings: settings, seed: 3)
        let last = try #require(first.shards.last { $0.split == .train })
        let news = videos[30..<33].map(\.videoID)
        let groups = Dictionary(uniqueKeysWithValues: news.map { ($0, last.videoIDs[0]) })
        let grown = ShardPlan(
            videos: Array(videos[..<33]), existing: existing(first), groups: groups, settings: settings, seed: 3)
        #expect(grown.shards.filter { $0.sources != nil }.map { Set($0.videoIDs) } == [Set(last.videoIDs + news)])
    }

    @Test func everyShardHoldsVideosOfSeveralGroups() {
        var settings = ShardSettings()
        settings.shardMegabytes = 1
        let sides = Dictionary(uniqueKeysWithValues: videos.map { ($0.videoID, Split.train) })
        // A group of 37 videos, of which ten fill a shard, and one of three.
        let groups = Dictionary(
            uniqueKeysWithValues: videos.indices.map { (videos[$0].videoID, $0 < 37 ? "many" : "few") })
        for seed in UInt64(0)..<20 {
            let plan = ShardPlan(videos: videos, sides: sides, groups: groups, settings: settings, seed: seed)
            #expect(!plan.shards.isEmpty)
            #expect(plan.shards.allSatisfy { Set($0.videoIDs.compactMap { groups[$0] }).count == 2 })
        }
    }

    /// Sides of all videos of a plan.
    private func sides(_ plan: ShardPlan) -> [String: Split] {
        Dictionary(uniqueKeysWithValues: plan.shards.flatMap { shard in shard.videoIDs.map { ($0, shard.split) } })
    }

    private func plan(
        _ videos: [ShardPlan.Video], after existing: ShardPlan, _ links: VideoLinks, leftOut: Set<String> = [],
        isCompact: Bool = false
    ) -> GroupedPlan {
        GroupedPlan(
            videos: videos, existing: self.existing(existing), leftOut: leftOut, links, settings: ShardSettings(),
            seed: 3, isCompact: isCompact)
    }

    @Test func aNewVideoThatBridgesTheSplitIsLeftOut() throws {
        let first = ShardPlan(videos: Array(videos[..<39]), settings: ShardSettings(), seed: 3)
        let train = try #require(first.shards.first { $0.split == .train }?.videoIDs.first)
        let test = try #require(first.shards.first { $0.split == .test }?.videoIDs.first)
        let bridge = videos[39].videoID
        for links in [
            VideoLinks(duplicates: [match(train, bridge), match(test, bridge)]),
            VideoLinks(duplicates: [match(train, bridge)], sources: [[test, bridge].sorted()]),
        ] {
            let bridged = plan(videos, after: first, links)
            #expect(Array(bridged.leftOut.keys) == [bridge] && bridged.groups.isEmpty)
            #expect(bridged.leftOut[bridge]?.contains("train and test") == true)
            #expect(bridged.plan.shards.allSatisfy { $0.sources == nil })
        }
    }

    @Test func ofVideosThatLieOnTwoSidesTheTrainingOneGoesAndStaysAwayUntilCompaction() throws {
        let first = ShardPlan(videos: videos, settings: ShardSettings(), seed: 3)
        let train = try #require(first.shards.first { $0.split == .train }?.videoIDs.first)
        let test = try #require(first.shards.first { $0.split == .test }?.videoIDs.first)
        let links = VideoLinks(duplicates: [match(train, test)])
        let parted = plan(videos, after: first, links)
        #expect(Array(parted.leftOut.keys) == [train])
        var expected = sides(first)
        expected[train] = nil
        #expect(sides(parted.plan) == expected, "no video changes side")
        let again = plan(videos, after: parted.plan, links, leftOut: [train])
        #expect(Array(again.leftOut.keys) == [train] && again.plan.shards.allSatisfy { $0.sources == nil })
        let gathered = plan(videos, after: parted.plan, links, leftOut: [train], isCompact: true)
        expected[train] = .test
        #expect(gathered.leftOut.isEmpty && sides(gathered.plan) == expected)
        // What tied it is gone: it comes back to where it was.
        #expect(sides(plan(videos, after: parted.plan, VideoLinks(), leftOut: [train]).plan) == sides(first))
    }

    @Test(arguments: UInt64(0)..<10)
    func whateverTiesComeUpNoVideoThatStaysChangesSideAndNoGroupIsTorn(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let settings = ShardSettings()
        var lying = GroupedPlan(
            videos: Array(videos[..<20]), existing: [], VideoLinks(), settings: settings, seed: seed)
        var compared = 0
        for step in 1...4 {
            let there = Array(videos[..<(20 + 5 * step)])
            let ties = (0..<3 * step).map { _ in
                match(there[random.below(there.count)].videoID, there[random.below(there.count)].videoID)
            }.filter { $0.first != $0.second }
            let before = sides(lying.plan)
            lying = GroupedPlan(
                videos: there, existing: existing(lying.plan), leftOut: Set(lying.leftOut.keys),
                VideoLinks(duplicates: ties), settings: settings, seed: seed)
            let after = sides(lying.plan)
            #expect(before.allSatisfy { after[$0.key] == $0.value || lying.leftOut[$0.key] != nil })
            #expect(Set(after.keys).union(lying.leftOut.keys) == Set(there.map(\.videoID)))
            for tie in ties {
                guard let one = after[tie.first], let other = after[tie.second] else { continue }
                #expect(one == other)
                compared += 1
            }
        }
        #expect(compared > 5, "of 30 ties")
    }
}
