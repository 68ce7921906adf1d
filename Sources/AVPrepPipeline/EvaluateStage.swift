import AVPrepCore
import AVPrepModel
import AVPrepSettings
import AVPrepTorch
package import AVPrepTraining
package import AVPrepWorkspace
import Foundation

/// Evaluates a trained run: how well it tells synchronous pairs from others, on videos outside the training split.
package enum EvaluateStage {
    /// The file in the run's folder that holds the result.
    package static let fileName = "evaluation.json"

    /// An evaluation and its folder.
    package struct Report: Sendable, Codable {
        package let run: String
        package let evaluation: Evaluation

        package var text: String {
            if let separation = evaluation.separation { return separationText(separation) }
            var rows = [["test negatives", "pairs", "accuracy", "95 % interval", "AUC", "95 % interval", "val"]]
            for condition in evaluation.conditions {
                let decision = condition.ownThreshold
                let interval = decision.videoInterval ?? decision.interval
                rows.append([
                    condition.set, String(condition.pairs), decision.accuracy.percent,
                    interval.map(\.percent).joined(separator: " to "),
                    condition.auc.map { String(format: "%.3f", $0) } ?? "n/a",
                    condition.aucInterval.map { $0.map { String(format: "%.3f", $0) }.joined(separator: " to ") }
                        ?? "n/a",
                    decision.validationAccuracy.percent,
                ])
            }
            return TextTable.text(rows) + (offsetText.map { "\n" + $0 } ?? "")
                + "\n\(evaluation.weights.rawValue) weights of \(run), after \(evaluation.epochs) epochs; chance is 50 %"
        }
    }

    /// Evaluates the run named in the settings.
    ///
    /// - Parameters:
    ///   - offsetClips: test clips whose sound is moved; see ``OffsetHistogram``.
    ///   - scores: a CSV file to write, with each test pair's set, video, label and score; nil: none.
    package static func run(
        _ workspace: Workspace, _ context: StageContext, offsetClips: Int = 64, scores: String? = nil
    ) throws -> Report {
        try run(workspace, context, offsetClips: offsetClips, scores: scores, group: nil)
    }

    /// The same as one of the processes that were started together.
    ///
    /// - Returns: nil in those that do not speak for all.
    package static func run(
        _ workspace: Workspace, _ context: StageContext, offsetClips: Int, scores: String? = nil,
        startedBy environment: [String: String]
    ) throws -> Report? {
        try Processes.run(environment, context, device: workspace.settings.train.device) { group, context in
            try run(workspace, context, offsetClips: offsetClips, scores: scores, group: group)
        }
    }

    private static func run(
        _ workspace: Workspace, _ context: StageContext, offsetClips: Int, scores: String?, group: ProcessGroup?
    ) throws -> Report {
        let folder = workspace.runFolder
        let evaluator = Evaluator(run: folder, shards: workspace.shards, group: group)
        let progress = ProgressReporter("evaluate", unit: "sets", style: context.progress)
        var done = 0
        var rows = [CSV.row(["set", "video", "label", "score"])]
        var evaluation = try evaluator.evaluate(
            offsetClips: offsetClips,
            device: workspace.settings.train.device, threads: workspace.settings.train.threads,
            cancellation: context.cancellation, checking: context.shardCheck()
        ) { split, set in
            progress.update(done: done, total: max(done + 1, offsetClips > 0 ? 5 : 4), note: "\(split.rawValue) \(set)")
            done += 1
        } scored: { set, videos, labels, scores in
            for (video, (label, score)) in zip(videos, zip(labels, scores)) {
                rows.append(CSV.row([set, video, String(label), String(score)]))
            }
        }
        progress.update(done: done, total: done)
        progress.finish()
        evaluation.overrides = workspace.overrides
        if let group, !group.leads { return Report(run: folder, evaluation: evaluation) }
        try AtomicFile.write(
            Data((try CanonicalJSON.encode(evaluation, pretty: true) + "\n").utf8), to: "\(folder)/\(fileName)")
        if let scores { try AtomicFile.write(Data((rows.joined(separator: "\n") + "\n").utf8), to: scores) }
        return Report(run: folder, evaluation: evaluation)
    }
}

extension EvaluateStage.Report {
    /// Decibels of both sounds, and the improvement over the mixture.
    fileprivate func separationText(_ result: SeparationResult) -> String {
        func text(_ value: Double) -> String { String(format: "%.2f", value) }
        func range(_ interval: [Double]?) -> String { interval?.map(text).joined(separator: " to ") ?? "n/a" }
        var rows = [["sound", "SDR", "SIR", "SAR", "SDR of the mixture", "improvement", "95 % interval"]]
        for side in result.sides {
            rows.append(
                [side.name] + [side.sdr, side.sir, side.sar, side.mixtureSDR, side.improvement].map(text)
                    + [range(side.interval)])
        }
        rows.append(["both", "", "", "", "", text(result.improvement), range(result.interval)])
        let silent = result.silent > 0 ? ", \(result.silent) left out with a silent sound" : ""
        let order = result.freeOrder ? "; whichever order of both sounds fits better" : ""
        return TextTable.text(rows)
            + "\ndB, means of \(result.mixtures) mixtures of the test split, of \(result.videos) videos\(silent)\(order)"
            + "\n\(evaluation.weights.rawValue) weights of \(run), after \(evaluation.epochs) epochs"
    }

    /// The synchronisation error in words, and a small histogram.
    fileprivate var offsetText: String? {
        guard let offsets = evaluation.offsets, let error = offsets.medianError else { return nil }
        let bars = Array(" ▁▂▃▄▅▆▇█")
        let most = max(1, offsets.counts.max() ?? 1)
        let histogram = offsets.counts.map { String(bars[($0 * 8 + most - 1) / most]) }.joined()
        let milliseconds = Int((Double(error) * offsets.frameSeconds * 1000).rounded())
        return
            "offsets from -\(offsets.reach) to \(offsets.reach) frames at which \(offsets.clips) test clips in sync score best: "
            + "[\(histogram)]; median error \(error) frames (\(milliseconds) ms), "
            + "\(offsets.share(within: 1).percent) within 1 frame"
    }
}

extension Double {
    /// A fraction as a percentage: `87.5 %`.
    var percent: String { String(format: "%.1f %%", self * 100) }
}
