import AVPrepCore
package import AVPrepModel
package import AVPrepPairs
package import AVPrepStore
import AVPrepWorkspace
import Foundation
import Synchronization

/// Draws pair sets for all shards and writes each shard's pair file.
///
/// Sets of other names that lie there already stay as they are where their shard is the same; where it is another one,
/// they are drawn again by their own definition, which every set carries.
final class PairDrawing: Sendable {
    /// What came of it.
    struct Result {
        var sets: [ShardIndex.Pairs] = []
        /// SHA-256 by file name.
        var files: [String: String] = [:]
        /// Sets that could not be drawn in some shard, each with its reason.
        var refusals: [String] = []
    }

    private struct Drawn: Sendable {
        let split: Split
        let statistics: [String: PairStatistics]
        let refusals: [PairError]
        let fileName: String
        let digest: String
    }

    private let workspace: Workspace
    private let context: StageContext
    private let shards: [ShardIndex.Shard]
    /// All sets that are to lie there in the end, by name in alphabetical order.
    private let definitions: [PairSetDefinition]
    /// Names of the sets that this run was asked for: drawn again in any case.
    private let wanted: Set<String>
    private let excluded: Set<String>

    /// - Parameters:
    ///   - wanted: the sets to draw; sets in place of the same name are replaced.
    ///   - others: the definitions of the sets that lie there.
    ///   - excluded: videos that give no pairs.
    init(
        workspace: Workspace, context: StageContext, shards: [ShardIndex.Shard], wanted: [PairSetDefinition],
        others: [PairSetDefinition], excluded: Set<String> = []
    ) {
        self.workspace = workspace
        self.context = context
        self.shards = shards
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
        let reader = try shard.open(in: workspace.shards)
        let fileName = PairFile.name(forShard: shard.name)
        let path = "\(workspace.shards)/\(fileName)"
        let all = PairSources.all(of: reader)
        let sources = all.filter { !excluded.contains($0.videoID) }
        let key = try key(reader, without: Set(all.map(\.videoID)).intersection(excluded))
        var statistics: [String: PairStatistics] = [:]
        var refusals: [PairError] = []
        let existing = existingSets(path, key: key)
        var sets: [AVPrepStore.PairSet] = []
        for definition in definitions where definition.splits.contains(shard.split) {
            if let set = existing[definition.name], !wanted.contains(definition.name),
                let numbers = try StoreError.unlessNewer({ try PairStatistics(set.attributes, of: set.name, in: path) })
            {
                sets.append(set)
                statistics[set.name] = numbers
                continue
            }
            do {
                let sampler = try PairSampler(
                    sources, settings: definition.settings, shard: String(shard.name.dropLast(".h5".count)),
                    seed: UInt64(definition.seed))
                let set = try sampler.draw(definition.plan)
                sets.append(
                    AVPrepStore.PairSet(
                        name: definition.name,
                        attributes: try definition.attributes.merging(
                            ["statistics_json": .string(try CanonicalJSON.encode(set.statistics))]) { $1 },
                        pairs: set.pairs))
                statistics[definition.name] = set.statistics
            } catch let refusal as PairError where refusal.code != .settings && refusal.code != .source {
                refusals.append(refusal)
            }
        }
        try PairFile.write(sets, shardKey: key, to: path)
        return Drawn(
            split: shard.split, statistics: statistics, refusals: refusals, fileName: fileName,
            digest: try SHA256.digest(ofFile: path).hex)
    }

    /// What tells whether pairs were drawn for this very shard and the videos of it that are still there.
    private func key(_ reader: StoreReader, without excluded: Set<String>) throws -> String {
        let content = reader.attributes["content_key"]?.text ?? ""
        return excluded.isEmpty ? content : try CanonicalJSON.key(of: [content] + excluded.sorted())
    }

    /// The sets that were drawn for this very shard. A file that cannot be read is as good as none: all it held is
    /// drawn again.
    private func existingSets(_ path: String, key: String) -> [String: AVPrepStore.PairSet] {
        guard FileManager.default.fileExists(atPath: path), let found = try? PairFile.shardKey(path), found == key,
            let sets = try? PairFile.read(path)
        else { return [:] }
        return Dictionary(uniqueKeysWithValues: sets.map { ($0.name, $0) })
    }

    private func collect(_ drawn: [Drawn]) throws -> Result {
        var result = Result()
        for shard in drawn {
            result.files[shard.fileName] = shard.digest
            result.refusals += shard.refusals.map(\.description)
        }
        for definition in definitions {
            var counts: [String: [String: Int]] = [:]
            var statistics: [String: PairStatistics] = [:]
            for split in Split.allCases {
                var total = PairStatistics()
                for shard in drawn where shard.split == split {
                    if let own = shard.statistics[definition.name] { total.add(own) }
                }
                guard total.pairs > 0 else { continue }
                counts[split.rawValue] = total.kinds.filter { $0.value > 0 }
                statistics[split.rawValue] = total
            }
            if !counts.isEmpty {
                result.sets.append(
                    ShardIndex.Pairs(
                        name: definition.name, counts: counts, statistics: statistics,
                        attributes: try definition.attributes))
            }
        }
        let trained = definitions.filter { wanted.contains($0.name) && $0.splits.contains(.train) }.map(\.name)
        let isDrawn = result.sets.contains { trained.contains($0.name) && $0.counts[Split.train.rawValue] != nil }
        if !isDrawn {
            throw Failure(
                result.refusals.first ?? "no pairs can be drawn from the training shards", exitStatus: .badInput)
        }
        return result
    }
}

/// The segments of a shard, as far as pairing needs to know them.
package enum PairSources {
    package static func all(of reader: StoreReader) -> [PairSource] {
        let fps = reader.layout.fps
        return reader.segments.enumerated().map { row, stored in
            PairSource(
                stored.segment, row: Int32(row), group: stored.groupID.isEmpty ? nil : stored.groupID,
                soundSeconds: Double(stored.segment.frameCount) / fps, fps: fps,
                periodSeconds: stored.segment.periodSeconds)
        }
    }
}

extension Segment {
    /// The period of a sound that repeats itself.
    fileprivate var periodSeconds: Double? {
        guard flags.contains(.periodicSound), let period = measures[.period], period > 0 else { return nil }
        return Double(period)
    }
}

extension PairSetDefinition {
    /// What a set says of itself in its file: the settings one by one for people, and all of them as JSON, from which it
    /// can be drawn again.
    package var attributes: [String: AttributeValue] {
        get throws {
            [
                "recipe": .string(settings.recipe.rawValue), "hard_ratio": .double(plan.shares.hard),
                "super_hard_ratio": .double(plan.shares.superHard), "seed": .int(seed),
                "clip_seconds": .double(settings.clipSeconds), "sound_seconds": .double(settings.soundClipSeconds),
                "gap_seconds": .double(settings.gapSeconds), "gap_measure": .string(settings.gapMeasure.rawValue),
                "max_shift_seconds": .double(settings.maxShiftSeconds),
                "pairs_per_segment": .int(settings.pairsPerSegment), "epochs": .int(settings.epochs),
                "definition_json": .string(try CanonicalJSON.encode(self)),
            ]
        }
    }

    /// The definition that a set carries.
    ///
    /// - Parameters:
    ///   - name: the set's.
    ///   - path: the file that the attributes stand in.
    /// - Throws: ``StoreError``: `newerFormat` where it says something that this program does not know, else `damaged`.
    package init(_ attributes: [String: AttributeValue], of name: String, in path: String) throws {
        self = try attributes.stored("definition_json", of: name, in: path)
        do {
            _ = try PairPlan(name: plan.name, plan.shares)
            try settings.validate()
        } catch {
            throw StoreError.damaged(path, "the definition_json of its pair set \(name) is impossible (\(error))")
        }
    }
}

extension PairStatistics {
    /// The numbers that a set carries.
    ///
    /// - Throws: as for a definition.
    init(_ attributes: [String: AttributeValue], of name: String, in path: String) throws {
        self = try attributes.stored("statistics_json", of: name, in: path)
        guard isPossible else {
            throw StoreError.damaged(path, "the statistics_json of its pair set \(name) are impossible")
        }
    }
}

extension [String: AttributeValue] {
    /// Refuses a pair set that says something which this program does not know.
    ///
    /// - Throws: ``StoreError`` with `newerFormat`.
    package func refuseNewerPairSet(_ name: String, of path: String) throws {
        _ = try StoreError.unlessNewer { try PairSetDefinition(self, of: name, in: path) }
        _ = try StoreError.unlessNewer { try PairStatistics(self, of: name, in: path) }
    }

    fileprivate func stored<Stored: Decodable>(_ attribute: String, of set: String, in path: String) throws -> Stored {
        guard let text = self[attribute]?.text else {
            throw StoreError.damaged(path, "its pair set \(set) has no \(attribute)")
        }
        do {
            return try StoredJSON.decode(Stored.self, from: text)
        } catch {
            throw StoreError(error, in: "pair set \(set) (\(attribute))", of: path)
        }
    }
}
