import AVPrepCatalog
import AVPrepClips
import AVPrepCore
import AVPrepCorpus
import AVPrepModel
import AVPrepPairs
import AVPrepPolicy
import AVPrepSettings
import AVPrepStore
package import AVPrepWorkspace
import Foundation
import Synchronization

/// Prepared files → shards with pair sets and `index.json`.
package enum ShardStage {
    /// The reason code of videos that would connect two splits.
    static let straddling = "straddles-split"

    /// Packs what is not packed yet and draws the pair sets.
    ///
    /// Shards whose content is already there stay as they are, so another hard ratio rewrites small pair files and the
    /// index alone. New videos go into new shards; videos that are gone stay in theirs, marked, and get no pairs.
    ///
    /// - Parameter compact: plans and shuffles everything anew. Videos stay on their sides, except that a group whose videos
    ///   turned out to lie on several gathers on one.
    /// - Throws: ``Failure`` when nothing is prepared under the settings in force; errors of the modules below;
    ///   `CancellationError`.
    package static func run(_ workspace: Workspace, _ context: StageContext, compact: Bool = false) throws
        -> ShardReport
    {
        try workspace.exclusively {
            let settings = workspace.settings
            let key = try settings.ingest.decidedKey
            let splitKey = try settings.splitKey
            let wanted = try settings.shard.pairs.definitions(seed: settings.seed)
            let (prepared, decisions) = try preparedVideos(workspace)
            let existing = try ExistingShards(folder: workspace.shards, settingsKey: key, splitKey: splitKey)
            let catalog = try Catalog(path: workspace.catalog)
            let duplicates = try NearDuplicates.find(in: catalog, settings, context)
            let copies =
                settings.shard.nearDuplicates == .drop ? duplicates.copies(among: prepared.map(\.video.videoID)) : []
            let isCopy = Set(copies)
            let videos = prepared.filter { !isCopy.contains($0.video.videoID) }
            let holdsCopies = existing.shards.contains { !isCopy.isDisjoint(with: $0.videoIDs) }
            let links = try VideoLinks(
                duplicates: duplicates.matches,
                sources: SourceGroups.links(
                    of: Dictionary(uniqueKeysWithValues: videos.map { ($0.subject, $0.video.videoID) }),
                    by: SourcePattern(settings.corpus.sourcePattern), in: catalog))
            let grouped = GroupedPlan(
                videos: videos.map(\.video), existing: existing.shards,
                leftOut: Set(existing.index?.straddlingVideos ?? []), links, settings: settings.shard,
                seed: UInt64(settings.seed), isCompact: compact || holdsCopies)
            let plan = grouped.plan
            try refuseLosses(existing, prepared.map(\.video.videoID), compact)
            let opaque = existing.opaque.without(wanted.map(\.name))
            try opaque.check(against: pairKeys(plan, settingsKey: key), in: workspace.shards)
            guard plan.shards.contains(where: { $0.split == .train }) else {
                throw Failure(
                    "none of the \(videos.count) prepared videos falls into train; ingest more videos, lower shard.split, or take another seed",
                    exitStatus: .badInput)
            }
            try AtomicFile.makeFolder(workspace.shards)
            AtomicFile.removeLitter(in: workspace.shards)
            let setAside = SetAsideFiles()
            let packing = ShardPacking(
                workspace: workspace, context: context, plan: plan, groups: grouped.groups, settingsKey: key,
                splitKey: splitKey, known: existing.index?.shards ?? [], setAside: setAside)
            let shards = try packing.run()
            let pairs = try PairDrawing(
                workspace: workspace, context: context, shards: shards, before: existing.shardSet, wanted: wanted,
                others: existing.definitions, opaque: opaque, setAside: setAside, excluded: Set(plan.vanished)
            ).run()
            let layout = try ShardReader(shards[0], in: workspace.shards).layout
            var index = ShardIndex(
                createdBy: "avprep \(Version.text)", seed: settings.seed, layout: layout, shards: shards,
                videos: Dictionary(grouping: plan.shards, by: \.split).mapValues {
                    $0.reduce(0) { $0 + $1.videoIDs.count }
                })
            index.pairSets = pairs.sets
            index.pairFiles = pairs.files
            index.vanishedVideos = plan.vanished
            index.straddlingVideos = grouped.leftOut.keys.sorted()
            index.leftOut = ShardIndex.LeftOut(decisions)
            index.leftOut?.nearDuplicates = copies.isEmpty ? nil : copies
            index.normalization = try ShardNormalization(
                folder: workspace.shards, workers: workspace.workers, cancellation: context.cancellation
            ).measure(index, before: existing.index)
            if let damage = existing.indexDamage {
                try setAside.setAside("\(workspace.shards)/\(ShardIndex.fileName)", because: damage)
            }
            try index.save(workspace.shards)
            let strays = try StaleShards.remove(index, before: existing.index, in: workspace.shards, setAside)
            try record(grouped.leftOut, of: videos, splitKey, in: catalog)
            return ShardReport(
                index: index, refusals: pairs.refusals, notes: pairs.notes + setAside.lines + strays,
                packed: packing.packedCount,
                repacked: compact
                    ? nil : existing.obstacle ?? (holdsCopies ? "near-duplicates are dropped now" : nil),
                folder: workspace.shards)
        }
    }

    /// A prepared video, and the path it is listed under.
    private typealias PreparedVideo = (subject: String, video: ShardPlan.Video)

    /// Notes in the catalog which videos are in no shard, and why; those of before that are in one again are forgotten.
    private static func record(
        _ leftOut: [String: String], of videos: [PreparedVideo], _ splitKey: String, in catalog: Catalog
    ) throws {
        try catalog.forget(catalog.outcomes(stage: StageName.shard).map(\.subject), stage: StageName.shard)
        try catalog.record(
            videos.compactMap { entry in
                leftOut[entry.video.videoID].map { reason in
                    OutcomeRecord(
                        subject: entry.subject, stage: StageName.shard, settingsKey: splitKey,
                        outcome: .skipped(Outcome.Reason(straddling, reason)))
                }
            })
    }

    /// The prepared videos that the policy leaves something of, and what it made of all of them.
    private static func preparedVideos(_ workspace: Workspace) throws -> ([PreparedVideo], DecisionReport) {
        let catalog = try Catalog(path: workspace.catalog, access: .readOnly)
        let settings = workspace.settings.ingest
        let decisions = try DecisionReport(catalog: catalog, settings: settings)
        guard decisions.outdated == 0 else {
            throw Failure(
                "\(decisions.outdated) prepared videos were decided by another policy than the one in force; run avprep ingest, which decides them anew without decoding, or bring the policy back",
                exitStatus: .badInput)
        }
        let done = try catalog.outcomes(stage: StageName.ingest, settingsKey: try settings.key, status: "done")
        guard !done.isEmpty else {
            if let summary = decisions.summary {
                throw Failure(
                    "the policy leaves nothing for shards: \(summary); change policy in the pipeline file and run avprep ingest",
                    exitStatus: .badInput)
            }
            let others = try catalog.counts(stage: StageName.ingest).done
            throw Failure(
                others > 0
                    ? "nothing is prepared under these ingest settings (\(others) videos are under others); run avprep ingest, or bring the settings back"
                    : "nothing is prepared; run avprep ingest first",
                exitStatus: .badInput)
        }
        let videos = try preparedFiles(done, catalog, workspace)
        return (videos, decisions)
    }

    private static func preparedFiles(_ done: [OutcomeRecord], _ catalog: Catalog, _ workspace: Workspace) throws
        -> [PreparedVideo]
    {
        try done.map { record in
            guard let output = record.output, let item = try catalog.item(record.subject), let video = item.videoID
            else {
                throw Failure("the catalog does not say where \(record.subject) was prepared; run avprep ingest again")
            }
            let path = workspace.path(output)
            var status = stat()
            guard stat(path, &status) == 0 else {
                throw Failure(
                    "cannot read \(path), the prepared file of \(record.subject): \(systemError()); avprep ingest makes it again",
                    exitStatus: .badInput)
            }
            return (record.subject, ShardPlan.Video(videoID: video, path: path, bytes: Int(status.st_size)))
        }
    }

    /// Where something is damaged, all shards are packed anew from what is prepared. Videos that are no longer there lie in
    /// the whole ones alone: these are not lost without an order.
    private static func refuseLosses(_ existing: ExistingShards, _ prepared: [String], _ compact: Bool) throws {
        let lost = existing.videosBesideDamage.subtracting(prepared)
        guard !compact, let damage = existing.obstacle ?? existing.indexDamage, !lost.isEmpty else { return }
        throw Failure(
            "\(damage); and the whole shards hold \(lost.count) videos that are not prepared any more: bring the damaged file back, or run avprep shard --compact, which packs all anew without those",
            exitStatus: .badInput)
    }

    /// For each pair file of a plan, by name, what its pairs are drawn for.
    private static func pairKeys(_ plan: ShardPlan, settingsKey: String) throws -> [String: String] {
        var keys: [String: String] = [:]
        for shard in plan.shards {
            keys[PairFile.name(forShard: shard.name)] = try PairDrawing.key(
                content: shard.contentKey(settingsKey: settingsKey),
                without: Set(plan.vanished).intersection(shard.videoIDs))
        }
        return keys
    }
}

/// Packs the shards of a plan, several at a time.
private final class ShardPacking: Sendable {
    let workspace: Workspace
    let context: StageContext
    let plan: ShardPlan
    /// The group of each video that has one: near-duplicates, and others of its source.
    let groups: [String: String]
    let settingsKey: String
    let splitKey: String
    /// What the index says of shards that lie there.
    let known: [String: ShardIndex.Shard]
    let setAside: SetAsideFiles
    private let state = Mutex((packed: 0, done: 0, shards: [String: ShardIndex.Shard]()))

    init(
        workspace: Workspace, context: StageContext, plan: ShardPlan, groups: [String: String], settingsKey: String,
        splitKey: String, known: [ShardIndex.Shard], setAside: SetAsideFiles
    ) {
        self.setAside = setAside
        self.groups = groups
        self.workspace = workspace
        self.context = context
        self.plan = plan
        self.settingsKey = settingsKey
        self.splitKey = splitKey
        self.known = Dictionary(known.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Shards that were packed by this run; the others were there.
    var packedCount: Int { state.withLock { $0.packed } }

    /// - Returns: the index's entries, in the plan's order.
    func run() throws -> [ShardIndex.Shard] {
        let progress = ProgressReporter("shard", unit: "shards", style: context.progress)
        try WorkerPool.run(
            plan.shards, workers: workspace.workers, isCancelled: { self.context.cancellation.isCancelled }
        ) { shard in
            let entry = try self.entry(for: shard)
            let done = self.state.withLock { state in
                state.shards[shard.name] = entry
                state.done += 1
                return state.done
            }
            progress.update(done: done, total: self.plan.shards.count)
        }
        progress.finish()
        return state.withLock { state in plan.shards.compactMap { state.shards[$0.name] } }
    }

    private func entry(for shard: ShardPlan.Shard) throws -> ShardIndex.Shard {
        let path = "\(workspace.shards)/\(shard.name).h5"
        let key = try shard.contentKey(settingsKey: settingsKey)
        if let entry = try existingEntry(shard, path, key) { return entry }
        let policy = try CanonicalJSON.encode(workspace.settings.ingest.policy)
        guard let sources = shard.sources else {
            throw Failure(
                "\(path) changed while avprep shard looked at it; leave the folder to avprep and run avprep shard again"
            )
        }
        let parts = try sources.map { video in
            let reader = try StoreReader(path: video.path)
            try reader.refuseNewerSettings()
            guard try reader.policy == workspace.settings.ingest.policy else {
                throw Failure(
                    "\(video.path) was decided by another policy than the catalog says; remove it and run avprep ingest",
                    exitStatus: .badInput)
            }
            let rows = reader.segments.indices.filter { !reader.segments[$0].segment.decision.isDropped }
            return ShardPart(
                path: video.path, rows: Array(rows), split: shard.split, groupID: groups[video.videoID])
        }
        let digest = try AtomicFile.write(to: path) { temporary in
            try ShardPacker.pack(
                parts, to: temporary, pairsFile: PairFile.name(forShard: "\(shard.name).h5"),
                attributes: [
                    "avprep_version": .string(Version.text), "seed": .int(workspace.settings.seed),
                    "content_key": .string(key), "split_key": .string(splitKey),
                    "config_json": .string(try CanonicalJSON.encode(workspace.settings.ingest)),
                    IngestSettings.policyAttribute: .string(policy),
                ], cancellation: context.cancellation)
        }
        state.withLock { $0.packed += 1 }
        return try ShardIndex.Shard(path: path, split: shard.split, sha256: digest.hex)
    }

    /// The entry of a shard that lies there with this content, else nil: what is damaged is set aside.
    private func existingEntry(_ shard: ShardPlan.Shard, _ path: String, _ key: String) throws -> ShardIndex.Shard? {
        let entry = known["\(shard.name).h5"]
        let isCancelled = { self.context.cancellation.isCancelled }
        let reader = try ExistingShards.unlessDamaged(path, { try setAside.setAside(path, because: $0) }) { path in
            try entry.map { try ShardReader($0, in: workspace.shards) }
                ?? ShardReader(unlisted: path, split: shard.split, isCancelled: isCancelled)
        }
        guard let reader, reader.attributes["content_key"]?.text == key,
            reader.attributes["split_key"]?.text == splitKey
        else { return nil }
        // The checksums of a file that has not changed its size, structure or content key are those that were measured. What
        // the index says beside them is counted again.
        if let entry, entry.contentKey == key, let structure = entry.structure {
            return ShardIndex.Shard(
                reader.store, split: shard.split, bytes: entry.bytes, sha256: entry.sha256, structure: structure)
        }
        return entry == nil
            ? reader.entry : try ShardIndex.Shard(path: path, split: shard.split, isCancelled: isCancelled)
    }
}
