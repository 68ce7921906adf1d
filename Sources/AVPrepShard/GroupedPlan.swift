import AVPrepModel
import AVPrepPairs
import AVPrepSettings

/// The plan of shards that tears no group of videos apart, and moves no video that stays to another side.
///
/// Where ties that come up later join videos of different sides, one of them has to go: a new one that joins them is left
/// out, and of those that lie there the ones on the side that matters less, since an evaluation set ought to stay what it
/// was. They stay out until everything is shuffled anew, which gathers such a group on the side that matters most.
struct GroupedPlan {
    let plan: ShardPlan
    /// The group of each video of the plan that has one.
    let groups: [String: String]
    /// Videos left out, with the reason.
    let leftOut: [String: String]

    /// The side that matters most comes first.
    private static let precedence: [Split] = [.test, .val, .train]

    /// - Parameters:
    ///   - existing: the shards that lie there, in the index's order.
    ///   - leftOut: videos that were left out the last time.
    ///   - fixed: the sides that manifests state: these hold, whatever belongs together and lies where.
    ///   - isCompact: shuffles everything anew; sides stay.
    init(
        videos: [ShardPlan.Video], existing: [ShardPlan.Existing], leftOut before: Set<String> = [],
        _ links: VideoLinks, fixed: [String: Split] = [:], settings: ShardSettings, seed: UInt64,
        isCompact: Bool = false
    ) {
        var sides: [String: Split] = [:]
        for shard in existing { for video in shard.videoIDs { sides[video] = shard.split } }
        let moved = Set(
            videos.map(\.videoID).filter { video in
                sides[video].map { side in fixed[video] ?? side != side } ?? false
            })
        for video in videos { if let side = fixed[video.videoID] { sides[video.videoID] = side } }
        if isCompact {
            let groups = links.groups()
            for (_, members) in Self.torn(groups, sides) {
                let stated = members.filter { fixed[$0] != nil }
                let side = Self.precedence.first { side in
                    (stated.isEmpty ? members : stated).contains { sides[$0] == side }
                }
                for video in members where fixed[video] == nil { sides[video] = side }
            }
            // Where manifests tear a group, each of its videos has a side of its own.
            plan = ShardPlan(
                videos: videos, sides: sides, groups: groups, fixed: fixed.isEmpty ? [:] : sides, settings: settings,
                seed: seed)
            self.groups = groups
            leftOut = [:]
            return
        }
        var left: [String: String] = [:]
        let all = links.groups()
        for (_, members) in Self.torn(all, sides) {
            let stated = Set(members.compactMap { fixed[$0] })
            // What manifests state holds; others of the group that lie elsewhere have to go.
            for video in members where fixed[video] == nil && !stated.isEmpty {
                guard let side = sides[video], !stated.contains(side) else { continue }
                let names = Self.precedence.reversed().filter(stated.contains).map(\.rawValue).joined(
                    separator: " and ")
                left[video] =
                    "it is in \(side.rawValue), and manifests put near-duplicates of it or others of its source into \(names)"
            }
        }
        let sizes = Dictionary(grouping: all.values, by: { $0 }).mapValues(\.count)
        for video in before where sides[video] == nil && sizes[all[video] ?? video] ?? 1 > 1 {
            left[video] = "it was left out before, and what ties it to others is still there"
        }
        let fresh = videos.lazy.map(\.videoID).filter { sides[$0] == nil }
        for (_, members) in Self.torn(links.groups(without: Set(fresh).union(left.keys)), sides) {
            guard let side = Self.precedence.first(where: { side in members.contains { sides[$0] == side } }) else {
                continue
            }
            // That manifests tear them is said, and obeyed.
            guard !members.contains(where: { fixed[$0] != nil }) else { continue }
            for video in members where sides[video] != side {
                let own = sides[video]?.rawValue ?? ""
                left[video] =
                    "it is in \(own), and near-duplicates of it or others of its source are in \(side.rawValue)"
            }
        }
        for (_, members) in Self.torn(links.groups(without: Set(left.keys)), sides) {
            let found = Self.precedence.reversed().filter { side in members.contains { sides[$0] == side } }
            let names = found.map(\.rawValue).joined(separator: " and ")
            for video in members where sides[video] == nil {
                left[video] = "near-duplicates of it or others of its source are in \(names)"
            }
        }
        groups = links.groups(without: Set(left.keys))
        plan = ShardPlan(
            videos: videos.filter { left[$0.videoID] == nil }, existing: existing, removed: Set(left.keys),
            groups: groups, moved: moved, fixed: fixed, settings: settings, seed: seed)
        let there = Set(videos.map(\.videoID))
        leftOut = left.filter { there.contains($0.key) }
    }

    /// The groups that lie on several sides, with their members.
    private static func torn(_ groups: [String: String], _ sides: [String: Split]) -> [String: [String]] {
        var members: [String: [String]] = [:]
        for (video, group) in groups { members[group, default: []].append(video) }
        return members.filter { _, videos in Set(videos.compactMap { sides[$0] }).count > 1 }
    }
}
