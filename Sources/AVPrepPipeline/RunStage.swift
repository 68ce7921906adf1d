import AVPrepCatalog
package import AVPrepCore
import AVPrepStore

/// Ingest, shard, train and evaluate, one after the other.
package enum RunStage {
    /// All four reports.
    package struct Report: Sendable, Codable {
        package let ingest: IngestReport
        package let shard: ShardReport
        package let train: TrainStage.Report
        package let evaluate: EvaluateStage.Report

        package var exitStatus: ExitStatus { ingest.exitStatus }

        package var text: String {
            let counts = ingest.counts
            let reasons = counts.reasons.map { "\($0.count) \($0.status): \($0.code)" }
            return """
                videos    \(counts.done) done, \(counts.skipped) skipped, \(counts.failed) failed\
                \(reasons.isEmpty ? "" : " (\(reasons.joined(separator: ", ")))")
                shards    \(shard.index.shards.count) in \(shard.folder)
                \(shard.pairLines)

                \(evaluate.text)
                """
        }
    }

    /// Runs the four. Each does only what is left to do.
    package static func run(_ workspace: Workspace, _ context: StageContext) throws -> Report {
        let ingest = try IngestStage.run(workspace, context)
        let shard = try ShardStage.run(workspace, context)
        let train = try TrainStage.run(workspace, context)
        return Report(
            ingest: ingest, shard: shard, train: train, evaluate: try EvaluateStage.run(workspace, context))
    }
}
