import AVPrepCatalog
import AVPrepClips
package import AVPrepCore
import AVPrepCorpus
import AVPrepModel
import AVPrepPairs
import AVPrepPolicy
import AVPrepSettings
import AVPrepStore
package import AVPrepWorkspace
import Foundation

/// Prepared files → shards with pair sets and `index.json`.
package enum ShardStage {
    /// The reason code of videos that would connect two splits.
    static let straddling = "straddles-split"
    /// That of videos whose prepared file cannot be packed.
    static let unpacked = "not-packed"

    /// Packs what is not packed yet and draws the pair sets.
    ///
    /// Shards whose content is already there stay as they are, so another hard ratio rewrites small pair files and the
    /// index alone. New videos go into new shards; videos that are gone stay in theirs, marked, and get no pairs.
    ///
    /// A prepared file that cannot be packed costs its video alone: the rest is planned and packed without it.
    ///
    /// - Parameters:
    ///   - compact: plans and shuffles everything anew. Videos stay on their sides, except that a group whose videos turned
    ///     out to lie on several gathers on one.
    ///   - only: of what is in no shard yet, only these items are packed; nil for all.
    ///   - trustsStamp: whether to look no further where nothing has changed since the last run, by ``ShardStamp``.
    ///   - hook: called at each step; for tests.
    /// - Throws: ``Failure`` when nothing is prepared under the settings in force; errors of the modules below;
    ///   `CancellationError`.
    package static func run(
        _ workspace: Workspace, _ context: StageContext, compact: Bool = false, only: Set<BytePath>? = nil,
        trustsStamp: Bool = false, hook: ShardHook? = nil
    ) throws -> ShardReport {
        try workspace.exclusively {
            if trustsStamp, !compact, only == nil, try ExistingFile.isThere(workspace.catalog) {
                let catalog = try Catalog(path: workspace.catalog, access: .readOnly)
                if let report = try ShardStamp.report(workspace, catalog) { return report }
            }
            let recording = ShardRecording()
            do {
                let report = try pack(workspace, context, compact: compact, only: only, recording, hook)
                try recording.end(report.exitStatus)
                return report
            } catch {
                recording.end(after: error, context.cancellation)
                throw error
            }
        }
    }

    private static func pack(
        _ workspace: Workspace, _ context: StageContext, compact: Bool, only: Set<BytePath>?,
        _ recording: ShardRecording, _ hook: ShardHook?
    ) throws -> ShardReport {
        let settings = workspace.settings
        let key = try settings.ingest.decidedKey
        let splitKey = try settings.splitKey
        let wanted = try settings.shard.pairs.definitions(seed: settings.seed)
        let existing = try ExistingShards(folder: workspace.shards, settingsKey: key, splitKey: splitKey)
        var (prepared, decisions) = try preparedVideos(workspace)
        if let only {
            let packed = Set(existing.shards.flatMap(\.videoIDs))
            prepared.removeAll { !packed.contains($0.video.videoID) && !only.contains($0.subject) }
        }
        let catalog = try Catalog(path: workspace.catalog, journal: workspace.settings.folders.catalogJournal)
        let duplicates = try NearDuplicates.find(in: catalog, settings, context)
        let manifests = try ManifestSplits(catalog)
        let setAside = SetAsideFiles()
        let opaque = existing.opaque.without(wanted.map(\.name))
        var failed: [String: String] = [:]
        var packed = 0
        var round: ShardRound
        var shards: [ShardIndex.Shard]
        repeat {
            round = try ShardRound(
                prepared.filter { failed[$0.video.videoID] == nil }, existing, duplicates, catalog, settings,
                manifests: manifests, compact: compact)
            try refuseLosses(existing, round.prepared, compact)
            try opaque.check(against: pairKeys(round.plan, settingsKey: key), in: workspace.shards)
            try round.refuseNoTraining(failed)
            try AtomicFile.makeFolder(workspace.shards)
            AtomicFile.removeLitter(in: workspace.shards)
            let packing = ShardPacking(
                workspace: workspace, context: context, plan: round.plan, groups: round.grouped.groups,
                settingsKey: key, splitKey: splitKey, known: existing.index?.shards ?? [],
                linksLabels: !manifests.labels.isEmpty || existing.index?.labels != nil, setAside: setAside,
                meter: try recording.begin(in: catalog), hook: hook)
            shards = try packing.run()
            packed = packing.packedCount
            failed.merge(packing.failed) { $1 }
        } while shards.count < round.plan.shards.count
        let (plan, grouped, copies) = (round.plan, round.grouped, round.copies)
        let drawing = PairDrawing(
            workspace: workspace, context: context, shards: shards, before: existing.shardSet, wanted: wanted,
            others: existing.definitions, opaque: opaque, setAside: setAside, excluded: Set(plan.vanished),
            joined: round.joined,
            carried: compact || existing.shards.isEmpty
                ? nil : existing.shardSet.map { CarriedPairs(before: $0, shards: existing.shards) })
        let pairs = try naming(failed) { try drawing.run() }
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
        let labelling = LabelWriting(
            workspace: workspace, cancellation: context.cancellation, labels: manifests.labels,
            before: existing.index)
        let vocabulary = labelling.vocabulary(of: Set(plan.shards.flatMap(\.videoIDs)), isCompact: compact)
        index.labelFiles = try labelling.run(shards, vocabulary)
        index.labels = index.labelFiles == nil ? nil : vocabulary
        index.leaks = round.leaks.isEmpty ? nil : round.leaks
        index.leftOut?.nearDuplicates = copies.isEmpty ? nil : copies
        index.normalization = try ShardNormalization(
            folder: workspace.shards, workers: workspace.workers, cancellation: context.cancellation
        ).measure(index, before: existing.index)
        if let damage = existing.indexDamage {
            try setAside.setAside("\(workspace.shards)/\(ShardIndex.fileName)", because: damage)
        }
        try index.save(workspace.shards)
        let strays = try StaleShards.remove(index, before: existing.index, in: workspace.shards, setAside)
        try record(grouped.leftOut, failed: failed, of: prepared, splitKey, isWhole: only == nil, in: catalog)
        let report = ShardReport(
            index: index, refusals: pairs.refusals, notes: pairs.notes + setAside.lines + strays,
            packed: packed,
            repacked: compact
                ? nil : existing.obstacle ?? (round.holdsCopies ? "near-duplicates are dropped now" : nil),
            failed: failed.values.sorted(), folder: workspace.shards)
        if only == nil { try ShardStamp.note(report, workspace, catalog) }
        return report
    }

    /// Runs `body`; what stops it may come of the videos that are missing, so those are named, too.
    private static func naming<Result>(_ failed: [String: String], _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as any ActionableError {
            guard let first = failed.values.min() else { throw error }
            throw Failure(
                "\(error.description); \(failed.count) videos could not be packed, such as: \(first)",
                exitStatus: error.exitStatus)
        }
    }

    /// Notes in the catalog which videos are in no shard, and why; those of before that are in one again are forgotten.
    private static func record(
        _ leftOut: [String: String], failed: [String: String], of videos: [PreparedVideo], _ splitKey: String,
        isWhole: Bool, in catalog: Catalog
    ) throws {
        let known = try catalog.outcomes(stage: StageName.shard).map(\.subject)
        let asked = Set(videos.map(\.subject))
        try catalog.forget(isWhole ? known : known.filter(asked.contains), stage: StageName.shard)
        try catalog.record(
            videos.compactMap { entry in
                let video = entry.video.videoID
                let outcome: Outcome? =
                    failed[video].map { .failed(Outcome.Reason(unpacked, $0)) }
                    ?? leftOut[video].map { .skipped(Outcome.Reason(straddling, $0)) }
                return outcome.map {
                    OutcomeRecord(
                        subject: entry.subject, stage: StageName.shard, settingsKey: splitKey, outcome: $0)
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
            // One that is gone is missed only where it is to be packed.
            var status = stat()
            let bytes = stat(path, &status) == 0 ? Int(status.st_size) : 0
            return (record.subject, ShardPlan.Video(videoID: video, path: path, bytes: bytes))
        }
    }

    /// Where something is damaged, all shards are packed anew from what is prepared. Videos that are no longer there lie in
    /// the whole ones alone: these are not lost without an order.
    private static func refuseLosses(_ existing: ExistingShards, _ prepared: [PreparedVideo], _ compact: Bool) throws {
        let lost = existing.videosBesideDamage.subtracting(prepared.map(\.video.videoID))
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
