import AVPrepCore
import AVPrepPairs

/// Which prepared video goes into which shard, and in which order: a pure function of videos, settings and seed.
struct ShardPlan: Equatable, Codable {
    /// One prepared file.
    struct Video: Equatable, Codable, Sendable {
        let videoID: String
        let path: String
        /// Size of the prepared file, which is about what it adds to a shard.
        let bytes: Int
    }

    /// One shard to be packed.
    struct Shard: Equatable, Codable, Sendable {
        /// `train-00000`.
        let name: String
        let split: Split
        /// In the order in which they are packed.
        var videos: [Video]

        /// The key of the shard's content: which videos, in which order.
        func contentKey(settingsKey: String) throws -> String {
            try CanonicalJSON.key(of: [settingsKey, split.rawValue] + videos.map(\.videoID))
        }
    }

    let shards: [Shard]

    /// Divides `videos` by split, shuffles each split by the seed and fills shards in that order.
    ///
    /// A video is never divided: its hard negatives lie in one shard. Each shard gets two videos at least, since easy
    /// negatives come from within the shard; a last one with a single video joins the one before it.
    init(videos: [Video], settings: ShardSettings, seed: UInt64) {
        let limit = settings.shardMegabytes << 20
        let bySplit = Dictionary(grouping: videos) {
            VideoSplit.split(of: $0.videoID, settings: settings.split, seed: seed)
        }
        shards = Split.allCases.flatMap { split -> [Shard] in
            let sorted = (bySplit[split] ?? []).sorted { $0.videoID < $1.videoID }
            var random = SeededRandom(seed: seed, for: "pack/\(split.rawValue)")
            var groups: [[Video]] = []
            var filled = 0
            for video in random.shuffled(sorted) {
                if groups.isEmpty || (filled + video.bytes > limit && groups[groups.count - 1].count >= 2) {
                    groups.append([])
                    filled = 0
                }
                groups[groups.count - 1].append(video)
                filled += video.bytes
            }
            if groups.count > 1, let last = groups.last, last.count < 2 {
                groups.removeLast()
                groups[groups.count - 1] += last
            }
            return groups.enumerated().map { number, videos in
                let digits = String(number)
                let name = split.rawValue + "-" + String(repeating: "0", count: max(0, 5 - digits.count)) + digits
                return Shard(name: name, split: split, videos: videos)
            }
        }
    }
}
