import AVPrepCore

/// The plan of shards that keeps near-duplicates together.
struct GroupedPlan {
    let plan: ShardPlan
    /// The group of each video of the plan that has near-duplicates.
    let groups: [String: String]
    /// Videos left out, since near-duplicates of them lie on different sides of the split; in alphabetical order.
    let straddling: [String]
    /// Why shards that lay there could not stay, or nil.
    let obstacle: String?

    init(
        videos: [ShardPlan.Video], standing: [ShardPlan.Standing], _ duplicates: NearDuplicates,
        settings: ShardSettings, seed: UInt64
    ) {
        var groups = duplicates.groups()
        var plan = ShardPlan(videos: videos, standing: standing, groups: groups, settings: settings, seed: seed)
        var straddling = plan.straddling
        if !straddling.isEmpty {
            // Without them what they held together falls apart.
            let left = Set(straddling)
            groups = duplicates.groups(without: left)
            plan = ShardPlan(
                videos: videos.filter { !left.contains($0.videoID) }, standing: standing, groups: groups,
                settings: settings, seed: seed)
        }
        var obstacle: String?
        if let video = Self.dividedVideo(standing, groups) {
            obstacle = "near-duplicates of \(video) lay on another side of the split"
            straddling = []
            groups = duplicates.groups()
            plan = ShardPlan(videos: videos, groups: groups, settings: settings, seed: seed)
        }
        self.plan = plan
        self.groups = groups
        self.straddling = straddling
        self.obstacle = obstacle
    }

    /// A video in a shard that has a near-duplicate in a shard of another split.
    private static func dividedVideo(_ standing: [ShardPlan.Standing], _ groups: [String: String]) -> String? {
        var sides: [String: Split] = [:]
        for shard in standing {
            for video in shard.videoIDs {
                guard let group = groups[video] else { continue }
                if sides[group] ?? shard.split != shard.split { return video }
                sides[group] = shard.split
            }
        }
        return nil
    }
}
