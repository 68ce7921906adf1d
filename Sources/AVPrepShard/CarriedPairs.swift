import AVPrepClips
import AVPrepCore
package import AVPrepModel
import AVPrepPairs
package import AVPrepStore

/// Pairs that were drawn before videos came or went: those of segments that lay in one shard and lie in one now stay.
///
/// A shard stays, but some of its videos are gone, or back; or it is packed again with others. Its pairs are then drawn
/// anew only as far as they have to be (`PairSampler.renew`). When all videos of a shard are back that it was drawn with,
/// its pairs are again those of that drawing: what was drawn in their place meanwhile goes.
struct CarriedPairs: Sendable {
    /// Marks sets whose pairs are in part those that are drawn for their shard when none of its videos is gone.
    static let drawnWholeAttribute = "drawn_whole"
    /// The content key of the shard that pairs were taken over for.
    static let shardAttribute = "renewed_shard"

    private let before: ShardSet
    /// The shard before that each video lay in.
    private let homes: [String: ShardIndex.Shard]

    /// - Parameters:
    ///   - before: the set as it lies in the folder.
    ///   - shards: its shards, which were made under the settings in force.
    init(before: ShardSet, shards: [ShardPlan.Existing]) {
        self.before = before
        let entries = Dictionary(before.index.shards.map { ($0.name, $0) }) { first, _ in first }
        var homes: [String: ShardIndex.Shard] = [:]
        for shard in shards {
            guard let entry = entries[shard.name + ShardName.ending] else { continue }
            for video in shard.videoIDs { homes[video] = entry }
        }
        self.homes = homes
    }

    /// What the pair files of before say of one shard of now.
    struct Earlier {
        /// Each shard before.
        fileprivate struct Part {
            /// By name.
            let sets: [String: PairSet]
            /// Names of sets that are, in whole or in part, what is drawn for this very shard with all of its videos.
            let ofDrawing: Set<String>
            /// Which rows its rows are now.
            let rows: [Int32: Int32]
        }

        fileprivate var parts: [Part] = []
        /// The segments that may give pairs, by row.
        fileprivate let sources: [Int32: PairSource]
        /// Whether those are all segments of the shard.
        fileprivate let isWhole: Bool

        /// Pairs of a set that may stay, by epoch.
        struct Kept {
            let epochs: [[Pair]]
            let isOfDrawing: Bool
        }

        /// - Returns: nil for a set that is to be drawn: nothing of it is there, or drawing gives back what there was.
        func kept(of definition: PairSetDefinition) -> Kept? {
            let isOfDrawing = !parts.isEmpty && parts.allSatisfy { $0.ofDrawing.contains(definition.name) }
            if isWhole, isOfDrawing { return nil }
            let rules = PairRules(definition)
            let count = definition.settings.epochs
            let epochs = (0..<count).map { epoch in
                parts.flatMap { part -> [Pair] in
                    guard let set = part.sets[definition.name],
                        (try? PairSetDefinition(set.attributes, of: set.name, in: "")) == definition
                    else { return [] }
                    return set.pairs(ofEpoch: epoch, of: count, rows: part.rows).filter { pair in
                        guard let picture = sources[pair.videoSegment], let sound = sources[pair.audioSegment] else {
                            return false
                        }
                        return rules.fault(in: pair, picture: picture, sound: sound) == nil
                    }
                }
            }
            return epochs.allSatisfy(\.isEmpty) ? nil : Kept(epochs: epochs, isOfDrawing: isOfDrawing)
        }
    }

    /// - Parameters:
    ///   - reader: a shard of now.
    ///   - sources: its segments that may give pairs.
    /// - Throws: `StoreError` or ``Failure`` when a file cannot be read, or is of a newer avprep; a damaged one has no pairs.
    func pairs(for reader: ShardReader, of sources: [PairSource]) throws -> Earlier {
        var earlier = Earlier(
            sources: Dictionary(sources.map { ($0.row, $0) }) { first, _ in first },
            isWhole: sources.count == reader.segments.count)
        let now = Dictionary(reader.segments.enumerated().map { ($1.segment.segmentID, Int32($0)) }) { first, _ in
            first
        }
        let known = Set(reader.segments.lazy.compactMap { homes[$0.segment.videoID]?.name })
        for home in before.index.shards where known.contains(home.name) {
            let isSame = home.name == reader.entry.name && home.contentKey == reader.entry.contentKey
            guard let file = try file(of: home, isSame: isSame) else { continue }
            let segments =
                try isSame
                ? reader.segments
                : ExistingShards.unlessDamaged("\(before.folder)/\(home.name)", { _ in }) { _ in
                    try ShardReader(home, in: before.folder).segments
                }
            guard let segments else { continue }
            let rows = segments.enumerated().compactMap { row, stored in
                now[stored.segment.segmentID].map { (Int32(row), $0) }
            }
            let ofDrawing = file.sets.filter { set in
                isSame
                    && (set.attributes[PairDrawing.renewedAttribute] == nil
                        ? file.shardKey == home.contentKey : set.attributes[Self.drawnWholeAttribute] != nil)
            }
            earlier.parts.append(
                Earlier.Part(
                    sets: Dictionary(file.sets.map { ($0.name, $0) }) { first, _ in first },
                    ofDrawing: Set(ofDrawing.map(\.name)), rows: Dictionary(rows) { first, _ in first }))
        }
        return earlier
    }

    /// The sets of a shard before, and what they were drawn for. The file is another than the index names where a run has
    /// not ended: of that one stays what it had itself taken over for the same shard.
    private func file(of home: ShardIndex.Shard, isSame: Bool) throws -> (shardKey: String?, sets: [PairSet])? {
        let path = before.pairPath(of: home)
        let file = try ExistingShards.unlessDamaged(path, { _ in }) { _ in
            (shardKey: try before.pairKey(of: home), sets: try before.storedPairSets(of: home))
        }
        if let file { return file }
        guard isSame, let found = try ExistingShards.unlessDamaged(path, { _ in }, ShardSet.unindexedPairFile) else {
            return nil
        }
        let own = found.sets.filter { $0.attributes[Self.shardAttribute]?.text == home.contentKey }
        return (found.shardKey, own)
    }
}

extension PairSet {
    /// The pairs of one epoch whose segments have a row now.
    ///
    /// - Parameters:
    ///   - count: epochs of the set.
    ///   - rows: what rows are now, by what they were.
    package func pairs(ofEpoch epoch: Int, of count: Int, rows: [Int32: Int32]) -> [Pair] {
        guard pairs.count % count == 0 else { return [] }
        let length = pairs.count / count
        return pairs[epoch * length..<(epoch + 1) * length].compactMap { pair in
            guard let picture = rows[pair.videoSegment], let sound = rows[pair.audioSegment] else { return nil }
            var pair = pair
            (pair.videoSegment, pair.audioSegment) = (picture, sound)
            return pair
        }
    }
}
