import AVPrepCore
package import AVPrepModel
import AVPrepPairs
package import AVPrepSettings

/// Which prepared video goes into which shard, and in which order: a pure function of videos, settings, seed and what
/// lies in the folder already.
package struct ShardPlan: Equatable {
    /// One prepared file.
    package struct Video: Equatable, Sendable {
        let videoID: String
        let path: String
        /// Size of the prepared file, which is about what it adds to a shard.
        let bytes: Int

        package init(videoID: String, path: String, bytes: Int) {
            self.videoID = videoID
            self.path = path
            self.bytes = bytes
        }
    }

    /// A shard that lies in the folder, made under the settings in force.
    package struct Existing: Equatable, Sendable {
        /// `train-00000`.
        let name: String
        let split: Split
        /// In the order in which they lie in it.
        let videoIDs: [String]
        /// The group that each was packed as a member of, where it did not stand alone.
        var groups: [String: String] = [:]
    }

    /// One shard of the plan.
    package struct Shard: Equatable, Sendable {
        /// `train-00000`.
        let name: String
        let split: Split
        /// In the order in which they are packed.
        let videoIDs: [String]
        /// What it is packed from, in that order; nil for a shard that stays as it lies.
        let sources: [Video]?

        /// The key of the shard's content: which videos, in which order.
        func contentKey(settingsKey: String) throws -> String {
            try ShardPlan.contentKey(settingsKey: settingsKey, split: split, videoIDs: videoIDs)
        }
    }

    package let shards: [Shard]
    /// Videos in shards that stay, which are no longer there: they get no pairs. In alphabetical order.
    let vanished: [String]

    package static func contentKey(settingsKey: String, split: Split, videoIDs: [String]) throws -> String {
        try CanonicalJSON.key(of: [settingsKey, split.rawValue] + videoIDs)
    }

    /// Divides `videos` by split, shuffles each split by the seed and fills shards in that order.
    ///
    /// A video is never divided: its hard negatives lie in one shard. Each shard gets two videos at least that are of no
    /// one group, since easy negatives come from within the shard; a last one without strangers joins the one before it.
    ///
    /// Shards that lie there stay, and their videos stay on their side; what is new goes into further shards. Where all
    /// that is new in a split is one video or one group, the last shard of the split is packed again with it, under a new
    /// name: what the index names stays until there is another index. A shard whose videos turn out to be near-duplicates
    /// of each other, which it was packed without knowing, is packed again too.
    ///
    /// - Parameters:
    ///   - existing: the shards that are to stay, in the index's order; none for a plan from scratch.
    ///   - removed: videos that are to leave the shards they lie in, which are packed again without them.
    ///   - sides: on which side videos lie already that are in no existing shard.
    ///   - moved: videos in existing shards that are to go to another side, by `fixed`.
    ///   - fixed: the sides that certain videos have, whatever their group.
    ///   - groups: the group of each video that has one; its videos go where those of it lie that lie anywhere, which is
    ///     one side (see ``GroupedPlan``).
    package init(
        videos: [Video], existing: [Existing] = [], removed: Set<String> = [], sides: [String: Split] = [:],
        groups: [String: String] = [:], moved: Set<String> = [], fixed: [String: Split] = [:],
        settings: ShardSettings, seed: UInt64
    ) {
        var sideOfGroup: [String: Split] = [:]
        for (video, side) in sides { sideOfGroup[groups[video] ?? video] = side }
        for video in videos {
            if let side = fixed[video.videoID] { sideOfGroup[groups[video.videoID] ?? video.videoID] = side }
        }
        for shard in existing {
            for video in shard.videoIDs where !removed.contains(video) && !moved.contains(video) {
                sideOfGroup[groups[video] ?? video] = shard.split
            }
        }
        let there = Dictionary(videos.map { ($0.videoID, $0) }, uniquingKeysWith: { first, _ in first })
        let packed = Set(existing.flatMap(\.videoIDs)).subtracting(moved)
        var fresh: [Split: [Video]] = [:]
        var kept: [Existing] = []
        for shard in existing {
            if shard.isGrouped(as: groups), removed.union(moved).isDisjoint(with: shard.videoIDs) {
                kept.append(shard)
            } else {
                fresh[shard.split, default: []] += shard.videoIDs.filter { !moved.contains($0) }.compactMap {
                    there[$0]
                }
            }
        }
        for video in videos where !packed.contains(video.videoID) {
            let group = groups[video.videoID] ?? video.videoID
            let side =
                fixed[video.videoID] ?? sideOfGroup[group]
                ?? VideoSplit.split(of: group, settings: settings.split, seed: seed)
            fresh[side, default: []].append(video)
        }
        shards = Split.allCases.flatMap { split in
            Self.shards(
                split, kept.filter { $0.split == split }, fresh[split] ?? [], there, groups, settings,
                first: (existing.compactMap { Self.number(of: $0.name, split) }.max() ?? -1) + 1, seed: seed)
        }
        vanished = shards.flatMap(\.videoIDs).filter { there[$0] == nil }.sorted()
    }

    private static func shards(
        _ split: Split, _ existing: [Existing], _ fresh: [Video], _ there: [String: Video], _ groups: [String: String],
        _ settings: ShardSettings, first: Int, seed: UInt64
    ) -> [Shard] {
        func group(_ video: Video) -> String { groups[video.videoID] ?? video.videoID }
        var kept = existing
        var fresh = fresh
        while !fresh.isEmpty, fresh.allSatisfy({ group($0) == group(fresh[0]) }), let last = kept.popLast() {
            // By themselves they would have no strangers: the last shard takes them in.
            fresh += last.videoIDs.compactMap { there[$0] }
        }
        var random = SeededRandom(seed: seed, for: "pack/\(split.rawValue)" + (first == 0 ? "" : "/\(first)"))
        let order = random.shuffled(fresh.sorted { $0.videoID < $1.videoID })
        let limit = settings.shardMegabytes << 20
        var filled: [[Video]] = []
        var bytes = 0
        var hasOtherSources = true
        for video in order {
            if filled.isEmpty || (bytes + video.bytes > limit && hasOtherSources) {
                filled.append([])
                (bytes, hasOtherSources) = (0, false)
            }
            let last = filled.count - 1
            filled[last].append(video)
            bytes += video.bytes
            hasOtherSources = hasOtherSources || group(video) != group(filled[last][0])
        }
        if filled.count > 1, !hasOtherSources {
            let last = filled.removeLast()
            filled[filled.count - 1] += last
        }
        return kept.map { Shard(name: $0.name, split: split, videoIDs: $0.videoIDs, sources: nil) }
            + filled.enumerated().map { number, videos in
                Shard(
                    name: ShardName(split, first + number).text, split: split, videoIDs: videos.map(\.videoID),
                    sources: videos)
            }
    }

    private static func number(of name: String, _ split: Split) -> Int? {
        ShardName(name).flatMap { $0.split == split ? $0.number : nil }
    }
}

extension ShardPlan.Existing {
    /// Whether the same of its videos belong together in `groups` as when it was packed. What the groups are called does
    /// not matter.
    fileprivate func isGrouped(as groups: [String: String]) -> Bool {
        var now: [String: String] = [:]
        var before: [String: String] = [:]
        return videoIDs.allSatisfy { video in
            let (old, new) = (self.groups[video] ?? video, groups[video] ?? video)
            defer { (now[old], before[new]) = (new, old) }
            return now[old] ?? new == new && before[new] ?? old == old
        }
    }
}
