import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepPairs
import AVPrepSettings
import AVPrepShard
import AVPrepStore
import AVPrepWorkspace
import Foundation

/// Which shards hold videos that are to go, and what is to be packed in their place. Nothing is written.
///
/// What stays of a shard goes into a new one of its own, in its order, so that its pairs stay, too; where what stays is of
/// one group alone, it is packed together with another shard of its split, since easy negatives come from strangers.
struct ShardExcision {
    /// A video in a shard.
    struct Video {
        let videoID: String
        /// The group that it is packed as a member of from now on; nil for one that stands alone.
        let groupID: String?
        /// Its rows.
        let rows: [Int]
    }

    /// A shard, and what stays of it.
    struct Source {
        let shard: ShardIndex.Shard
        /// What must not differ between shards that are packed together.
        let settings: [String?]
        let videos: [Video]
        let isAffected: Bool

        var groups: Set<String> { Set(videos.map { $0.groupID ?? $0.videoID }) }
    }

    /// A shard to be packed.
    struct Fresh {
        /// `train-00007`.
        let name: String
        let split: Split
        let sources: [Source]
    }

    let folder: String
    let shards: ShardSet
    /// Shards that stay as they lie.
    private(set) var kept: [ShardIndex.Shard] = []
    private(set) var fresh: [Fresh] = []
    /// Shards that go: what stays of them is in the fresh ones, but for damaged ones.
    private(set) var gone: [ShardIndex.Shard] = []
    /// Number of different videos by split, afterwards.
    private(set) var videos: [Split: Int] = [:]
    private(set) var notes: [String] = []

    var hasWork: Bool { !gone.isEmpty || namesVideos }
    /// Whether the index itself names one of the videos.
    private let namesVideos: Bool

    /// - Parameters:
    ///   - links: what ties videos, without those that go; nil where nothing is known: then those that stay of a group stay
    ///     together.
    /// - Throws: `StoreError` when a shard cannot be read, or is of a newer avprep; `CancellationError`.
    init(
        _ shards: ShardSet, without ids: Set<String>, _ cancellation: Cancellation, links: () throws -> VideoLinks?
    ) throws {
        self.shards = shards
        folder = shards.folder
        let index = shards.index
        let named = [index.vanishedVideos, index.straddlingVideos ?? [], index.leftOut?.nearDuplicates ?? []]
        namesVideos = named.contains { !ids.isDisjoint(with: $0) }
        var found: [(shard: ShardIndex.Shard, settings: [String?], videos: [Video])] = []
        for shard in index.shards {
            try cancellation.check()
            let path = "\(folder)/\(shard.name)"
            guard try ExistingFile.isThere(path) else {
                notes.append("\(path) is not there, and was not looked at; if it comes back, forget the videos again")
                continue
            }
            do {
                let reader = try ShardReader(shard, in: folder)
                try reader.store.refuseNewerSettings()
                let settings = ["config_json", "policy_json", "split_key", "layout_json"].map {
                    reader.attributes[$0]?.text
                }
                let videos = Self.videos(reader)
                // Bytes that are not those that were written must not get a checksum that says they are.
                if videos.contains(where: { ids.contains($0.videoID) || $0.groupID.map(ids.contains) ?? false }) {
                    let digest = try SHA256.digest(ofFile: path) { cancellation.isCancelled }
                    guard digest.hex == shard.sha256.lowercased() else {
                        throw StoreError.damaged(path, "its SHA-256 differs from \(ShardIndex.fileName)")
                    }
                }
                found.append((shard, settings, videos))
            } catch let error as StoreError where error.isDamage {
                gone.append(shard)
                notes.append(
                    "\(error); nothing shows that it does not hold one of the videos, so it is removed: avprep shard packs its other videos again"
                )
            }
        }
        let regrouped = try Self.regrouped(found.flatMap(\.videos), without: ids, links)
        let sources = found.map { shard, settings, videos in
            let staying = videos.filter { !ids.contains($0.videoID) }.map { video in
                let group = regrouped[video.videoID] ?? video.groupID
                return Video(
                    videoID: video.videoID, groupID: group == video.videoID ? nil : group, rows: video.rows)
            }
            let isAffected =
                staying.count < videos.count
                || zip(staying, videos).contains { $0.groupID != ($1.groupID == $1.videoID ? nil : $1.groupID) }
            return Source(shard: shard, settings: settings, videos: staying, isAffected: isAffected)
        }
        for split in Split.allCases { plan(split, sources.filter { $0.shard.split == split }) }
        let gone = Set(self.gone.map(\.name))
        kept = index.shards.filter { shard in !gone.contains(shard.name) }
        for split in Split.allCases {
            let known = sources.filter { $0.shard.split == split }
            let unseen = kept.filter { shard in
                shard.split == split && !known.contains { $0.shard.name == shard.name }
            }
            videos[split] =
                Set(known.flatMap(\.videos).map(\.videoID)).count + unseen.reduce(0) { $0 + $1.videos }
        }
    }

    private mutating func plan(_ split: Split, _ sources: [Source]) {
        var pieces: [[Source]] = sources.filter { $0.isAffected && !$0.videos.isEmpty }.map { [$0] }
        var others = sources.filter { !$0.isAffected }
        while let lonely = pieces.firstIndex(where: { $0.reduce(into: Set()) { $0.formUnion($1.groups) }.count < 2 }) {
            let piece = pieces[lonely]
            func fits(_ source: Source) -> Bool { source.settings == piece[0].settings }
            if let other = pieces.indices.first(where: { $0 != lonely && fits(pieces[$0][0]) }) {
                pieces[min(lonely, other)] = pieces[min(lonely, other)] + pieces[max(lonely, other)]
                pieces.remove(at: max(lonely, other))
            } else if let other = others.lastIndex(where: fits) {
                pieces[lonely] = [others.remove(at: other)] + piece
            } else {
                // Nobody is there to be a stranger: the last of the pieces, and alone.
                break
            }
        }
        let first = (shards.index.shards.compactMap { Self.number(of: $0, split) }.max() ?? -1) + 1
        for (number, piece) in pieces.enumerated() {
            fresh.append(Fresh(name: ShardName(split, first + number).text, split: split, sources: piece))
        }
        let stays = Set(others.map(\.shard.name))
        gone += sources.map(\.shard).filter { !stays.contains($0.name) }
    }

    private static func number(of shard: ShardIndex.Shard, _ split: Split) -> Int? {
        ShardName(file: shard.name).flatMap { $0.split == split ? $0.number : nil }
    }

    /// The videos of a shard in their order, with the groups that they were packed as members of.
    private static func videos(_ reader: ShardReader) -> [Video] {
        var order: [String] = []
        var rows: [String: [Int]] = [:]
        var groups: [String: String] = [:]
        for (row, stored) in reader.segments.enumerated() {
            let video = stored.segment.videoID
            if rows[video] == nil { order.append(video) }
            rows[video, default: []].append(row)
            groups[video] = stored.groupID.isEmpty ? video : stored.groupID
        }
        return order.map { Video(videoID: $0, groupID: groups[$0], rows: rows[$0] ?? []) }
    }

    /// The groups of the videos that were in one with a video that goes.
    private static func regrouped(
        _ videos: [Video], without ids: Set<String>, _ links: () throws -> VideoLinks?
    ) throws -> [String: String] {
        var tied = ids
        for video in videos where ids.contains(video.videoID) { if let group = video.groupID { tied.insert(group) } }
        let members = videos.filter { !ids.contains($0.videoID) && $0.groupID.map(tied.contains) ?? false }
        guard !members.isEmpty else { return [:] }
        if let groups = try links()?.groups(without: ids) {
            return Dictionary(members.map { ($0.videoID, groups[$0.videoID] ?? $0.videoID) }) { first, _ in first }
        }
        var names: [String: String] = [:]
        for (_, together) in Dictionary(grouping: members, by: \.groupID) {
            let name = together.map(\.videoID).min()
            for video in together { names[video.videoID] = name }
        }
        return names
    }
}
