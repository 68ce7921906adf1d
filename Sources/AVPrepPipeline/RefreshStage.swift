import AVPrepCatalog
import AVPrepClips
import AVPrepCore
package import AVPrepCorpus
import AVPrepIngest
import AVPrepSettings
import AVPrepShard
import AVPrepStore
import AVPrepTraining
package import AVPrepWorkspace
import Foundation

/// Brings everything up to date, unattended: what is new or changed is ingested, what vanished is marked, new shards are
/// packed, the pair sets that are there are extended; a network learns on if the settings say so.
///
/// Every stage does only what is left to do, so a refresh that was killed goes on with the next one.
package enum RefreshStage {
    /// - Throws: ``Failure`` with exit status 75, at once, when another avprep uses the workspace; what keeps the corpus from
    ///   being listed; `CancellationError`. What stops a later stage is a part of the report.
    package static func run(
        _ workspace: Workspace, _ context: StageContext, _ request: CorpusRequest = CorpusRequest()
    ) throws -> RefreshReport {
        try workspace.holding { workspace in
            var report = RefreshReport(
                folder: URL(fileURLWithPath: workspace.folder).standardizedFileURL.path,
                ingest: try IngestStage.run(workspace, context, request))
            do {
                if report.ingest.counts.done > 0 {
                    report.shard = try ShardStage.run(workspace, context, trustsStamp: true)
                    try train(workspace, context, &report)
                }
            } catch let error as any ActionableError {
                report.stop = RefreshReport.Stop(message: error.description, exitStatus: error.exitStatus)
            }
            return report
        }
    }

    private static func train(_ workspace: Workspace, _ context: StageContext, _ report: inout RefreshReport) throws {
        var settings = workspace.settings
        switch settings.refresh.train {
        case .off: return
        case .goOn: settings.train.grownShards = .goOn
        case .anew: settings.train.name += "-" + (try ShardSet(workspace.shards)).contentName
        }
        let workspace = workspace.with(settings)
        let trained = try TrainStage.run(workspace, context)
        report.train = trained
        guard settings.refresh.evaluate, !trained.wasFinished else { return }
        report.evaluate = try EvaluateStage.run(workspace, context)
    }
}

extension ShardSet {
    /// Eight digits that stand for the bytes of all shards and pair files, whichever avprep wrote the index.
    fileprivate var contentName: String {
        let files = index.shards.map { "\($0.name) \($0.sha256)" } + index.pairFiles.map { "\($0.key) \($0.value)" }
        return String(SHA256.digest(of: files.sorted().joined(separator: "\n")).hex.prefix(8))
    }
}
