import AVPrepClips
import AVPrepCore
package import AVPrepModel
import AVPrepStore
import AVPrepWorkspace
import Foundation

/// A video's segments in one shard, and the pairs they take part in.
package struct PackedVideo: Sendable, Codable {
    /// The pairs of one set that show the video's pictures or play its sound.
    package struct Pairs: Sendable, Codable {
        package let set: String
        /// By kind, e.g. `positive`: pairs with its pictures, and pairs with its sound.
        package let pictures: [String: Int]
        package let sounds: [String: Int]
    }

    /// The shard's file name.
    package let shard: String
    package let split: Split
    /// Ids of its segments there.
    package let segments: [String]
    package let seconds: Double
    /// The group of near-duplicates and videos of one source, where it is in one.
    package let group: String?
    /// Whether the index marks it as vanished: it gets no pairs any more.
    package let isVanished: Bool
    package let pairs: [Pairs]

    /// Looks for a video in every shard of a folder.
    ///
    /// - Returns: what was found, and a line for each shard that could not be read. Both are empty without a shard set.
    /// - Throws: `CancellationError`.
    static func find(_ videoID: String, in folder: String, _ context: StageContext) throws -> (
        found: [PackedVideo], faults: [String]
    ) {
        guard FileManager.default.fileExists(atPath: "\(folder)/\(ShardIndex.fileName)") else { return ([], []) }
        let set: ShardSet
        do {
            set = try ShardSet(folder)
        } catch let error as any ActionableError {
            return ([], [error.description])
        }
        let progress = ProgressReporter("search", unit: "shards", style: context.progress)
        var found: [PackedVideo] = []
        var faults: [String] = []
        for (number, shard) in set.index.shards.enumerated() {
            try context.cancellation.check()
            do {
                if let video = try look(for: videoID, in: shard, of: set) { found.append(video) }
            } catch let error as any ActionableError {
                faults.append(error.description)
            }
            progress.update(done: number + 1, total: set.index.shards.count)
        }
        progress.finish()
        return (found, faults)
    }

    private static func look(for videoID: String, in shard: ShardIndex.Shard, of set: ShardSet) throws -> PackedVideo? {
        let reader = try set.reader(of: shard)
        let rows = reader.segments.indices.filter { reader.segments[$0].segment.videoID == videoID }
        guard !rows.isEmpty else { return nil }
        let own = Set(rows.map { Int32($0) })
        func counts(_ pairs: [Pair], _ row: (Pair) -> Int32) -> [String: Int] {
            pairs.reduce(into: [:]) { if own.contains(row($1)) { $0[$1.kind.name, default: 0] += 1 } }
        }
        let segments = rows.map { reader.segments[$0] }
        let group = segments[0].groupID
        return PackedVideo(
            shard: shard.name, split: shard.split, segments: segments.map(\.segment.segmentID),
            seconds: Double(segments.reduce(0) { $0 + $1.frames.count }) / reader.layout.fps,
            group: group.isEmpty || group == videoID ? nil : group,
            isVanished: set.index.vanishedVideos.contains(videoID),
            pairs: try set.storedPairSets(of: shard).map { pairSet in
                Pairs(
                    set: pairSet.name, pictures: counts(pairSet.pairs, \.videoSegment),
                    sounds: counts(pairSet.pairs, \.audioSegment))
            })
    }
}
