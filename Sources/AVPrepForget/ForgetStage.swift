import AVPrepCatalog
import AVPrepClips
package import AVPrepCore
import AVPrepCorpus
import AVPrepModel
import AVPrepPairs
import AVPrepParts
import AVPrepPolicy
import AVPrepSettings
import AVPrepStore
package import AVPrepWorkspace
import Foundation

/// Removes videos and everything that came from them: prepared files, segments and pairs in shards, rows of the catalog.
///
/// First the catalog marks the contents, in one transaction that also takes all it knows of them: from then on nothing takes
/// them for videos, and another `avprep forget` goes on where this one is killed. Then files go; last the catalog is written
/// anew. The files of the corpus themselves stay.
package enum ForgetStage {
    /// - Parameters:
    ///   - names: paths, patterns, ids or their beginnings; none only ends what an earlier run began.
    ///   - isDryRun: says what would go, and changes nothing.
    /// - Throws: ``Failure`` with exit status 75 when another avprep uses the workspace, 65 when a name may mean several
    ///   videos; `StoreError` when a shard cannot be read; `CancellationError`.
    package static func run(
        _ names: [BytePath], in workspace: Workspace, _ context: StageContext, isDryRun: Bool = false
    ) throws -> ForgetReport {
        try workspace.exclusively {
            let settings = workspace.settings
            if try PartsFolder(workspace.parts).isInUse() {
                throw Failure(
                    "\(workspace.parts) holds work of ingest --part that is not merged, which may be about these videos; run avprep merge when its tasks have ended, then avprep forget",
                    exitStatus: .busy)
            }
            let isNew = try !ExistingFile.isThere(workspace.catalog)
            if isNew, isDryRun {
                throw Failure("there is no catalog at \(workspace.catalog): nothing is known", exitStatus: .badInput)
            }
            let catalog = try Catalog(path: workspace.catalog, journal: settings.folders.catalogJournal)
            let targets = try ForgetTargets(names, catalog, workspace, context.cancellation)
            let begun = try catalog.forgotten().filter { !$0.isDone }.map(\.videoID)
            let ids = Set(targets.videos.keys).union(begun)
            let files = ForgetFiles(workspace: workspace, ids: ids, cancellation: context.cancellation)
            let paths = targets.videos.values.flatMap(\.self)
            let outputs = try paths.flatMap { try catalog.outcomes(of: $0).compactMap(\.output) }
            var notes: [String] = []
            // All that may refuse comes before anything is changed.
            let shards = ids.isEmpty ? nil : try existing(workspace, &notes)
            let excision = try shards.map { shards in
                try ShardExcision(shards, without: ids, context.cancellation) { try links(catalog, settings) }
            }
            notes += excision?.notes ?? []
            let strays = ids.isEmpty ? [] : try files.strays(shards?.index, packing: excision?.fresh.map(\.name) ?? [])
            let prepared = try files.prepared(outputs)
            let downloads = try files.downloads(paths)
            let exports = ids.isEmpty ? [] : try files.exports()
            notes += (strays + prepared + downloads + exports).compactMap(\.note)
            var pairs: PairCounts?
            if !isDryRun {
                try catalog.drop(targets.unread)
                if !ids.isEmpty {
                    try catalog.beginForgetting(ids, settingsKey: settings.ingest.key)
                    if let excision, excision.hasWork {
                        let repacking = try ShardRepacking(
                            workspace: workspace, context: context, excision: excision, ids: ids,
                            leftOut: leftOut(catalog, workspace))
                        let result = try repacking.run()
                        notes += result.notes
                        if !excision.fresh.isEmpty { pairs = result.pairs }
                    }
                    try ForgetFiles.remove(strays + prepared + downloads + exports)
                    try catalog.finishForgetting()
                    try catalog.close()
                }
            }
            let removed = excision?.gone ?? []
            return ForgetReport(
                isDryRun: isDryRun,
                videos: targets.videos.sorted { $0.key < $1.key }.map { ForgetReport.Video(videoID: $0, paths: $1) },
                resumed: begun.filter { targets.videos[$0] == nil }, unread: targets.unread,
                // What a run that was killed has taken from the list cannot be found there again.
                unknown: begun.isEmpty ? targets.unknown : [],
                preparedFiles: prepared.count, shardsRemoved: removed.count + strays.count,
                shardsPacked: excision?.fresh.count ?? 0, pairs: pairs, exportFiles: exports.count,
                emptySplits: emptied(excision),
                bytes: (strays + prepared + downloads + exports).reduce(removed.reduce(0) { $0 + $1.bytes }) {
                    $0 + $1.bytes
                },
                notes: notes, limits: try limits(files))
        }
    }

    /// Allows forgotten videos again.
    ///
    /// - Parameter names: ids or their beginnings, or paths of files.
    /// - Throws: as ``run(_:in:_:isDryRun:)``, and ``Failure`` when one of them was not forgotten.
    package static func undo(_ names: [BytePath], in workspace: Workspace, _ context: StageContext) throws -> UndoReport
    {
        try workspace.exclusively {
            let catalog = try Catalog(path: workspace.catalog, journal: workspace.settings.folders.catalogJournal)
            let targets = try ForgetTargets(names, catalog, workspace, context.cancellation)
            let forgotten = try catalog.forgotten()
            let known = Set(forgotten.map(\.videoID))
            let others =
                targets.unknown + targets.unread.map(\.escaped)
                + targets.videos.keys.filter {
                    !known.contains($0) && !targets.parts.contains($0)
                }
            if let other = others.min() {
                throw Failure("\(other) was not forgotten; nothing was changed", exitStatus: .badInput)
            }
            if let pending = forgotten.first(where: { !$0.isDone && targets.videos[$0.videoID] != nil }) {
                throw Failure(
                    "the removal of \(pending.videoID) has not ended; run avprep forget, which ends it, then undo it",
                    exitStatus: .badInput)
            }
            try catalog.allow(targets.videos.keys)
            return UndoReport(allowed: targets.videos.keys.sorted())
        }
    }

    /// The shards that lie there; nil where no index says which.
    private static func existing(_ workspace: Workspace, _ notes: inout [String]) throws -> ShardSet? {
        guard try ExistingFile.isThere("\(workspace.shards)/\(ShardIndex.fileName)") else { return nil }
        do {
            return try ShardSet(workspace.shards)
        } catch let error as StoreError where error.isDamage {
            notes.append("\(error); shards with one of the videos are removed, and avprep shard packs the rest again")
            return nil
        }
    }

    /// What ties videos, as the catalog knows it; nil where it was not looked for under these settings.
    private static func links(_ catalog: Catalog, _ settings: PipelineSettings) throws -> VideoLinks? {
        guard let near = try NearDuplicates.latest(in: catalog, settings) else { return nil }
        let done = try catalog.outcomes(
            stage: StageName.ingest, settingsKey: try settings.ingest.key, status: "done")
        var videos: [BytePath: String] = [:]
        for record in done { videos[record.subject] = try catalog.item(record.subject)?.videoID }
        return VideoLinks(
            duplicates: near.matches,
            sources: try SourceGroups.links(
                of: videos, by: SourcePattern(settings.corpus.sourcePattern), in: catalog))
    }

    /// What the policy drops of the videos that stay; nil where shards are of other settings than those in force.
    private static func leftOut(_ catalog: Catalog, _ workspace: Workspace) throws -> ShardIndex.LeftOut? {
        let report = try DecisionReport(catalog: catalog, settings: workspace.settings.ingest)
        let known = try catalog.counts(stage: StageName.ingest)
        guard report.outdated == 0, known.done > 0, report.segments > 0 else { return nil }
        return ShardIndex.LeftOut(report)
    }

    private static func emptied(_ excision: ShardExcision?) -> [String] {
        guard let excision else { return [] }
        return Split.allCases.filter { split in
            excision.shards.index.splits[split.rawValue] != nil && excision.videos[split] == 0
        }.map(\.rawValue)
    }

    private static func limits(_ files: ForgetFiles) throws -> String {
        let runs = try files.runs()
        let learned =
            runs.isEmpty
            ? ""
            : "; the weights in \(files.workspace.settings.folders.runs) (\(runs.joined(separator: ", "))) may have learned from it"
        return
            "the files of the corpus stay; avprep knows nothing of exports, copies and lists elsewhere, nor of snapshots and backups of the file system\(learned)"
    }
}
