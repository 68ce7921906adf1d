import AVPrepCatalog
package import AVPrepCore
package import AVPrepCorpus
package import AVPrepIngest
package import AVPrepSettings
package import AVPrepShard
import AVPrepStore
package import AVPrepTraining
package import AVPrepWorkspace
import Foundation

/// Ingest, shard, train and evaluate, one after the other.
package enum RunStage {
    /// All four reports.
    package struct Report: Sendable, Codable {
        package let ingest: IngestReport
        package let shard: ShardReport
        package let train: TrainStage.Report
        /// The run's state at the end of each stage of its curriculum.
        package let stages: [StageSummary]
        package let evaluate: EvaluateStage.Report
        /// The paths of all results.
        package let places: FolderSettings

        package var exitStatus: ExitStatus { ingest.exitStatus == .done ? shard.exitStatus : ingest.exitStatus }

        package var text: String {
            let counts = ingest.counts
            let reasons = counts.reasons.map { "\($0.count) \($0.status): \($0.code)" }
            return """
                videos    \(counts.done) done, \(counts.skipped) skipped, \(counts.failed) failed\
                \(reasons.isEmpty ? "" : " (\(reasons.joined(separator: ", ")))")
                shards    \(shard.index.shards.count) in \(shard.folder)
                \(shard.pairLines)

                \(TextTable.text(stageRows))

                \(evaluate.text)

                \(TextTable.text(placeRows))
                """
        }

        private var stageRows: [[String]] {
            let sets = Set(stages.flatMap(\.validationAccuracy.keys)).sorted()
            return [["stage", "to epoch", "loss"] + sets.map { "val \($0)" }]
                + stages.map { stage in
                    [stage.stage, String(stage.epoch), stage.loss.map { String(format: "%.4f", $0) } ?? "n/a"]
                        + sets.map { stage.validationAccuracy[$0]?.percent ?? "n/a" }
                }
        }

        private var placeRows: [[String]] {
            [
                ["catalog", places.catalog, "the outcome of every video: avprep status"],
                ["prepared", places.prepared, "one HDF5 file per video"],
                ["shards", places.shards, "HDF5 shards, pair sets, index.json"],
                ["run", train.run, "config.yaml, run.json, metrics.csv, TensorBoard events, weights, evaluation.json"],
            ]
        }
    }

    /// Runs the four stages. Each does only what is left to do.
    package static func run(
        _ workspace: Workspace, _ context: StageContext, _ request: CorpusRequest = CorpusRequest()
    ) throws -> Report {
        let ingest = try IngestStage.run(workspace, context, request)
        let shard = try ShardStage.run(workspace, context)
        let train = try TrainStage.run(workspace, context)
        let evaluate = try EvaluateStage.run(workspace, context)
        var places = FolderSettings()
        places.catalog = workspace.catalog
        places.prepared = workspace.prepared
        places.shards = workspace.shards
        places.runs = workspace.runs
        return Report(
            ingest: ingest, shard: shard, train: train,
            stages: try RunFolder(workspace.runFolder).stageSummaries(), evaluate: evaluate, places: places)
    }
}
