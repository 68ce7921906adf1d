import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepPairs
import AVPrepShard
import AVPrepStore
import Foundation

/// What became of the pairs of shards that were packed again.
package struct PairCounts: Sendable, Equatable, Codable {
    /// Pairs of what stays, as they were.
    package private(set) var kept = 0
    /// Pairs that are gone: those of what was forgotten, and those that were drawn together with them.
    package private(set) var removed = 0
    /// Pairs drawn in their place.
    package private(set) var drawn = 0

    init(kept: Int = 0, removed: Int = 0, drawn: Int = 0) {
        (self.kept, self.removed, self.drawn) = (kept, removed, drawn)
    }

    mutating func add(_ other: PairCounts) {
        kept += other.kept
        removed += other.removed
        drawn += other.drawn
    }
}

/// The pair file of a shard that was packed again: each set keeps its pairs of what stays, in whole quads.
struct RenewedPairs {
    private(set) var counts = PairCounts()
    private(set) var notes: [String] = []
    /// SHA-256 of the file.
    let digest: String

    /// Writes the file.
    ///
    /// - Parameters:
    ///   - entry: the new shard.
    ///   - before: the set with the shards that it was packed from.
    ///   - vanished: videos that give no pairs.
    init(_ fresh: ShardExcision.Fresh, _ entry: ShardIndex.Shard, before: ShardSet, vanished: Set<String>) throws {
        let reader = try ShardReader(entry, in: before.folder)
        let path = before.pairPath(of: entry)
        let sources = reader.pairSources.filter { !vanished.contains($0.videoID) }
        let rows = Self.rows(fresh.sources)
        var stored: [(sets: [String: PairSet], rows: [Int32: Int32])] = []
        for (source, rows) in zip(fresh.sources, rows) {
            do {
                let sets = try before.storedPairSets(of: source.shard)
                stored.append((Dictionary(uniqueKeysWithValues: sets.map { ($0.name, $0) }), rows))
            } catch let error as StoreError where error.isDamage || error.code == .unreadable {
                notes.append("\(error); its pairs are drawn again")
                stored.append(([:], rows))
            }
        }
        var sets: [PairSet] = []
        for summary in before.index.pairSets {
            let total = stored.reduce(0) { $0 + ($1.sets[summary.name]?.pairs.count ?? 0) }
            guard
                let definition = try? PairSetDefinition(
                    summary.attributes, of: summary.name, in: ShardIndex.fileName)
            else {
                if total > 0 {
                    counts.add(PairCounts(removed: total))
                    notes.append(
                        "the \(total) pairs of the set \(summary.name) for \(entry.name) are gone with the shards that they were drawn for: this avprep cannot read its definition_json"
                    )
                }
                continue
            }
            guard definition.splits.contains(entry.split) else { continue }
            do {
                let sampler = try PairSampler(
                    VideoSplit.paired(
                        sources, in: entry.split, settings: definition.settings, seed: UInt64(definition.seed)),
                    settings: definition.settings, shard: fresh.name, seed: UInt64(definition.seed))
                let epochs = (0..<definition.settings.epochs).map { epoch in
                    stored.flatMap {
                        $0.sets[summary.name]?.pairs(ofEpoch: epoch, of: definition.settings.epochs, rows: $0.rows)
                            ?? []
                    }
                }
                let renewed = try sampler.renew(definition.plan, keeping: epochs)
                sets.append(
                    PairSet(
                        name: summary.name,
                        attributes: try definition.attributes.merging([
                            "statistics_json": .string(try CanonicalJSON.encode(renewed.set.statistics)),
                            PairDrawing.renewedAttribute: .int(1),
                        ]) { $1 }, pairs: renewed.set.pairs))
                counts.add(
                    PairCounts(
                        kept: renewed.kept, removed: total - renewed.kept,
                        drawn: renewed.set.pairs.count - renewed.kept))
            } catch let refusal as PairError where refusal.code != .settings && refusal.code != .source {
                counts.add(PairCounts(removed: total))
                notes.append("no pairs: \(refusal)")
            }
        }
        try PairFile.write(
            sets,
            shardKey: PairDrawing.key(
                content: entry.contentKey, without: Set(reader.pairSources.map(\.videoID)).intersection(vanished)),
            to: path)
        digest = try SHA256.digest(ofFile: path).hex
    }

    /// For each source its old rows and what they are in the new shard.
    private static func rows(_ sources: [ShardExcision.Source]) -> [[Int32: Int32]] {
        var next: Int32 = 0
        return sources.map { source in
            var rows: [Int32: Int32] = [:]
            for row in source.videos.flatMap(\.rows) {
                rows[Int32(row)] = next
                next += 1
            }
            return rows
        }
    }
}

/// What the index says of the pair sets, summed over pair files as they lie there.
struct PairTotals {
    private(set) var sets: [ShardIndex.PairSetSummary] = []

    init(_ shards: [ShardIndex.Shard], in folder: String, before: ShardIndex) throws {
        var totals: [String: [Split: (statistics: PairStatistics, counts: [String: Int])]] = [:]
        for shard in shards {
            let path = ShardSet.pairPath(of: shard, in: folder)
            let found = try? ShardSet.unindexedPairFile(path)
            for set in found?.sets ?? [] {
                var total = totals[set.name, default: [:]][shard.split] ?? (PairStatistics(), [:])
                for pair in set.pairs { total.counts[pair.kind.name, default: 0] += 1 }
                if let own = try? PairStatistics(set.attributes, of: set.name, in: path) { total.statistics.add(own) }
                totals[set.name, default: [:]][shard.split] = total
            }
        }
        for var set in before.pairSets {
            set.counts = [:]
            set.statistics = [:]
            for (split, total) in totals[set.name] ?? [:] where !total.counts.isEmpty {
                set.counts[split.rawValue] = total.counts
                set.statistics[split.rawValue] = total.statistics
            }
            if !set.counts.isEmpty { sets.append(set) }
        }
    }
}
