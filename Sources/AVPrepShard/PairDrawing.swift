import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepPairs
import AVPrepStore
import AVPrepWorkspace
import Foundation
import Synchronization

/// Draws pair sets for all shards and writes each shard's pair file.
///
/// Sets of other names that lie there already stay as they are where their shard is the same; where it is another one,
/// they are drawn again by their own definition, which every set carries.
package final class PairDrawing: Sendable {
    /// What came of it.
    struct Result {
        var sets: [ShardIndex.PairSetSummary] = []
        /// SHA-256 by file name.
        var files: [String: String] = [:]
        /// Sets that could not be drawn in some shard, each with its reason.
        var refusals: [String] = []
        /// Sets that stay as they are without being extended, each with its reason.
        var notes: [String] = []
    }

    private struct Drawn: Sendable {
        let split: Split
        let statistics: [String: PairStatistics]
        /// The counts by kind of opaque sets.
        let counts: [String: [String: Int]]
        let refusals: [PairError]
        let fileName: String
        let digest: String
    }

    private let workspace: Workspace
    private let context: StageContext
    private let shards: [ShardIndex.Shard]
    /// What lay in the folder before this run, where it can be read.
    private let before: ShardSet?
    /// All sets that are to lie there in the end, by name in alphabetical order.
    private let definitions: [PairSetDefinition]
    /// Names of the sets that this run was asked for: drawn again in any case.
    private let wanted: Set<String>
    /// Sets that stay as they lie there.
    private let opaque: OpaquePairSets
    private let setAside: SetAsideFiles
    private let excluded: Set<String>
    private let joined: String?
    /// Where pairs of what stays are taken from; nil where everything is drawn anew.
    private let carried: CarriedPairs?

    /// - Parameters:
    ///   - before: what lay in the folder before, where it can be read.
    ///   - wanted: the sets to draw; sets in place of the same name are replaced.
    ///   - others: the definitions of the sets that lie there.
    ///   - opaque: sets that lie there and have no definition that can be read; ``OpaquePairSets/check(against:in:)`` has
    ///     found that none of their pairs is lost.
    ///   - setAside: takes pair files that are damaged.
    ///   - excluded: videos that give no pairs.
    ///   - joined: what joins videos, said where there are no strangers.
    ///   - carried: where pairs of what stays are taken from; nil draws everything anew.
    init(
        workspace: Workspace, context: StageContext, shards: [ShardIndex.Shard], before: ShardSet?,
        wanted: [PairSetDefinition], others: [PairSetDefinition], opaque: OpaquePairSets, setAside: SetAsideFiles,
        excluded: Set<String> = [], joined: JoinedVideos? = nil, carried: CarriedPairs? = nil
    ) {
        self.joined = joined?.text
        self.carried = carried
        self.opaque = opaque
        self.setAside = setAside
        self.workspace = workspace
        self.context = context
        self.shards = shards
        self.before = before
        self.excluded = excluded
        let names = Set(wanted.map(\.name))
        self.wanted = names
        definitions = (wanted + others.filter { !names.contains($0.name) }).sorted { $0.name < $1.name }
    }

    func run() throws -> Result {
        let progress = ProgressReporter("pairs", unit: "shards", style: context.progress)
        let drawn = Mutex([String: Drawn]())
        try WorkerPool.run(
            shards, workers: workspace.workers, isCancelled: { self.context.cancellation.isCancelled }
        ) { shard in
            let result = try self.draw(shard)
            let done = drawn.withLock { drawn in
                drawn[shard.name] = result
                return drawn.count
            }
            progress.update(done: done, total: self.shards.count)
        }
        progress.finish()
        return try collect(shards.compactMap { shard in drawn.withLock { $0[shard.name] } })
    }

    private func draw(_ shard: ShardIndex.Shard) throws -> Drawn {
        let reader = try ShardReader(shard, in: workspace.shards)
        let fileName = PairFile.name(forShard: shard.name)
        let all = reader.pairSources
        let sources = all.filter { !excluded.contains($0.videoID) }
        let key = try key(reader, without: Set(all.map(\.videoID)).intersection(excluded))
        var statistics: [String: PairStatistics] = [:]
        var refusals: [PairError] = []
        let path = ShardSet.pairPath(of: shard, in: workspace.shards)
        let existing = try existingSets(of: reader, key: key)
        let own = definitions.filter { $0.splits.contains(shard.split) }
        let earlier = own.allSatisfy { existing[$0.name] != nil } ? nil : try carried?.pairs(for: reader, of: sources)
        var sets: [PairSet] = []
        for definition in own {
            if let set = existing[definition.name],
                !wanted.contains(definition.name) || (carried != nil && isRenewed(set, definition, all)),
                let numbers = try StoreError.unlessNewer({ try PairStatistics(set.attributes, of: set.name, in: path) })
            {
                sets.append(set)
                statistics[set.name] = numbers
                continue
            }
            do {
                let sampler = try PairSampler(
                    VideoSplit.paired(
                        sources, in: shard.split, settings: definition.settings, seed: UInt64(definition.seed)),
                    settings: definition.settings, shard: String(shard.name.dropLast(".h5".count)),
                    seed: UInt64(definition.seed))
                let kept = existing[definition.name] == nil ? earlier?.kept(of: definition) : nil
                let set =
                    try kept.map { try sampler.renew(definition.plan, keeping: $0.epochs).set }
                    ?? sampler.draw(definition.plan)
                var attributes = try definition.attributes
                attributes["statistics_json"] = .string(try CanonicalJSON.encode(set.statistics))
                if let kept {
                    attributes[Self.renewedAttribute] = .int(1)
                    attributes[CarriedPairs.shardAttribute] = .string(shard.contentKey)
                    if kept.isOfDrawing { attributes[CarriedPairs.drawnWholeAttribute] = .int(1) }
                }
                sets.append(PairSet(name: definition.name, attributes: attributes, pairs: set.pairs))
                statistics[definition.name] = set.statistics
            } catch let refusal as PairError where refusal.code != .settings && refusal.code != .source {
                refusals.append(refusal)
            }
        }
        let kept = existing.values.filter { opaque.sets[$0.name] != nil }
        var counts: [String: [String: Int]] = [:]
        for set in kept {
            counts[set.name] = Dictionary(set.pairs.map { ($0.kind.name, 1) }, uniquingKeysWith: +)
            // A set of another avprep may carry numbers that this one cannot read.
            statistics[set.name] = try? PairStatistics(set.attributes, of: set.name, in: path)
        }
        try PairFile.write(sets, keeping: kept.map(\.name), shardKey: key, to: path)
        return Drawn(
            split: shard.split, statistics: statistics, counts: counts, refusals: refusals, fileName: fileName,
            digest: try SHA256.digest(ofFile: path).hex)
    }

    /// Marks sets some of whose pairs were drawn before videos came or went: drawing anew would lose those.
    package static let renewedAttribute = "renewed"

    /// Whether a set that lies there is what was ordered, in part drawn for a shard before, and sound.
    private func isRenewed(_ set: PairSet, _ definition: PairSetDefinition, _ sources: [PairSource]) -> Bool {
        guard set.attributes[Self.renewedAttribute] != nil,
            (try? PairSetDefinition(set.attributes, of: set.name, in: "")) == definition
        else { return false }
        let rules = PairRules(definition)
        var counts: [PairKind: Int] = [:]
        for pair in set.pairs {
            let (picture, sound) = (Int(pair.videoSegment), Int(pair.audioSegment))
            guard sources.indices.contains(picture), sources.indices.contains(sound),
                rules.fault(in: pair, picture: sources[picture], sound: sources[sound]) == nil
            else { return false }
            counts[pair.kind, default: 0] += 1
        }
        return rules.fault(inCounts: counts) == nil
    }

    /// What tells whether pairs were drawn for this very shard and the videos of it that are still there.
    private func key(_ reader: ShardReader, without excluded: Set<String>) throws -> String {
        try Self.key(content: reader.attributes["content_key"]?.text ?? "", without: excluded)
    }

    /// The same for a shard that is only planned.
    ///
    /// - Parameter excluded: videos of the shard that give no pairs.
    package static func key(content: String, without excluded: Set<String>) throws -> String {
        excluded.isEmpty ? content : try CanonicalJSON.key(of: [content] + excluded.sorted())
    }

    /// The sets that were drawn for this very shard, in the file that the index names.
    ///
    /// A file that the index does not name so is of a run that did not end, or damaged: its sets are drawn again, and a
    /// damaged one is set aside. A set that cannot be drawn again is taken from it, since such a run has copied it, if its
    /// pairs lie in the shard.
    ///
    /// - Throws: `StoreError` or ``Failure`` when the file cannot be read, or is of a newer avprep: it may be intact; and
    ///   when a set that cannot be drawn again does not fit the shard.
    private func existingSets(of reader: ShardReader, key: String) throws -> [String: PairSet] {
        let path = ShardSet.pairPath(of: reader.entry, in: workspace.shards)
        guard try ExistingFile.isThere(path) else { return [:] }
        do {
            if let before {
                guard try before.pairKey(of: reader.entry) == key else { return [:] }
                return Dictionary(
                    uniqueKeysWithValues: try before.storedPairSets(of: reader.entry).map { ($0.name, $0) })
            }
        } catch let error as StoreError where error.isDamage {
            // It is not the file that the index was written for: see below.
        }
        let found = try ExistingShards.unlessDamaged(
            path, { try setAside.setAside(path, because: $0) }, ShardSet.unindexedPairFile)
        guard let found, found.shardKey == key else { return [:] }
        let kept = found.sets.filter { opaque.sets[$0.name] != nil }
        for set in kept { try reader.check(set) }
        return Dictionary(uniqueKeysWithValues: kept.map { ($0.name, $0) })
    }

    private func collect(_ drawn: [Drawn]) throws -> Result {
        var result = Result()
        for shard in drawn {
            result.files[shard.fileName] = shard.digest
            result.refusals += shard.refusals.map {
                $0.description + ($0.code == .noEasyNegatives ? joined.map { " (\($0))" } ?? "" : "")
            }
        }
        for definition in definitions {
            let set = Self.entry(definition.name, try definition.attributes, drawn)
            if !set.counts.isEmpty { result.sets.append(set) }
        }
        for set in opaque.sets.values {
            var entry = Self.entry(set.name, set.attributes, drawn)
            // Counted from the pairs themselves: a set of another avprep may carry numbers that this one cannot read.
            for split in Split.allCases {
                let counts = drawn.filter { $0.split == split }.compactMap { $0.counts[set.name] }
                if !counts.isEmpty {
                    entry.counts[split.rawValue] = counts.reduce(into: [:]) { $0.merge($1) { $0 + $1 } }
                }
            }
            if !entry.counts.isEmpty { result.sets.append(entry) }
        }
        result.sets.sort { $0.name < $1.name }
        result.notes = opaque.notes(
            drawn.map { (name: $0.fileName, split: $0.split, sets: Set($0.counts.keys)) })
        let trained = definitions.filter { wanted.contains($0.name) && $0.splits.contains(.train) }.map(\.name)
        let isDrawn = result.sets.contains { trained.contains($0.name) && $0.counts[Split.train.rawValue] != nil }
        if !isDrawn {
            throw Failure(
                result.refusals.first ?? "no pairs can be drawn from the training shards", exitStatus: .badInput)
        }
        return result
    }

    private static func entry(_ name: String, _ attributes: [String: AttributeValue], _ drawn: [Drawn])
        -> ShardIndex.PairSetSummary
    {
        var entry = ShardIndex.PairSetSummary(name: name, counts: [:], statistics: [:], attributes: attributes)
        for split in Split.allCases {
            var total = PairStatistics()
            for shard in drawn where shard.split == split {
                if let own = shard.statistics[name] { total.add(own) }
            }
            guard total.pairs > 0 else { continue }
            entry.counts[split.rawValue] = total.kinds.filter { $0.value > 0 }
            entry.statistics[split.rawValue] = total
        }
        return entry
    }
}
