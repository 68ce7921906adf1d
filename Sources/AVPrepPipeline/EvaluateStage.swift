import AVPrepCore
import AVPrepModel
import AVPrepSettings
package import AVPrepTraining
package import AVPrepWorkspace
import Foundation

/// A trained run → how well it tells sync on videos it never saw.
package enum EvaluateStage {
    /// The file beside the run's checkpoints that keeps the result.
    package static let fileName = "evaluation.json"

    /// An evaluation and where it lies.
    package struct Report: Sendable, Codable {
        package let run: String
        package let evaluation: Evaluation

        package var text: String {
            var rows = [["test negatives", "pairs", "accuracy", "95 % interval", "AUC", "val"]]
            for condition in evaluation.conditions {
                let decision = condition.ownThreshold
                rows.append([
                    condition.set, String(condition.pairs), decision.accuracy.percent,
                    decision.interval.map(\.percent).joined(separator: " to "),
                    condition.auc.map { String(format: "%.3f", $0) } ?? "n/a", decision.validationAccuracy.percent,
                ])
            }
            return TextTable.text(rows)
                + "\n\(evaluation.weights.rawValue) weights of \(run), after \(evaluation.epochs) epochs; chance is 50 %"
        }
    }

    /// Evaluates the run that the settings name.
    package static func run(_ workspace: Workspace, _ context: StageContext) throws -> Report {
        let folder = workspace.runFolder
        let evaluator = Evaluator(run: folder, shards: workspace.shards)
        let progress = ProgressReporter("evaluate", unit: "sets", style: context.progress)
        var done = 0
        var evaluation = try evaluator.evaluate(
            device: workspace.settings.train.device, threads: workspace.settings.train.threads,
            cancellation: context.cancellation, checking: context.shardCheck()
        ) { split, set in
            progress.update(done: done, total: 4, note: "\(split.rawValue) \(set)")
            done += 1
        }
        progress.update(done: done, total: done)
        progress.finish()
        evaluation.overrides = workspace.overrides
        try AtomicFile.write(
            Data((try CanonicalJSON.encode(evaluation, pretty: true) + "\n").utf8), to: "\(folder)/\(fileName)")
        return Report(run: folder, evaluation: evaluation)
    }
}

extension Double {
    /// A share as `87.5 %`.
    var percent: String { String(format: "%.1f %%", self * 100) }
}
