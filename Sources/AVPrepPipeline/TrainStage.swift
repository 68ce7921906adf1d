import AVPrepCore
import AVPrepSettings
import AVPrepTraining
package import AVPrepWorkspace
import Foundation

/// Shards → a trained run.
package enum TrainStage {
    /// What a training came to.
    package struct Report: Sendable, Codable {
        package let run: String
        package let steps: Int
        /// The run had been finished before: nothing was done.
        package let wasFinished: Bool

        package var text: String {
            (wasFinished ? "\(run) is finished already, after \(steps) steps" : "\(run): trained for \(steps) steps")
                + "; metrics.csv, TensorBoard events, video.safetensors and audio.safetensors lie there\nnext: avprep evaluate"
        }
    }

    /// Trains to the end of the last stage, going on from the last checkpoint.
    ///
    /// - Throws: ``TrainingError`` and errors of the modules below; `CancellationError` after saving.
    package static func run(_ workspace: Workspace, _ context: StageContext) throws -> Report {
        let settings = workspace.settings.train
        let folder = workspace.runFolder
        return try workspace.exclusively {
            let trainer = Trainer(
                settings: settings, seed: UInt64(workspace.settings.seed), shards: workspace.shards, run: folder)
            let progress = ProgressReporter("train", unit: "steps", style: context.progress)
            let checking = context.shardCheck()
            let outcome = try trainer.run(
                cancellation: context.cancellation, checking: checking,
                beginning: { try record($0, workspace, folder) }
            ) { state in
                progress.update(done: state.step, total: state.totalSteps, note: note(state))
            }
            progress.finish()
            return switch outcome {
            case .finished(let steps): Report(run: folder, steps: steps, wasFinished: false)
            case .wasFinished(let steps): Report(run: folder, steps: steps, wasFinished: true)
            }
        }
    }

    /// The line's words are those of torchvision's training scripts.
    private static func note(_ state: TrainingProgress) -> String {
        var parts = ["[\(state.stage) \(state.epoch)/\(state.epochs)]"]
        if state.isValidating { parts.append("validating") }
        if let loss = state.loss { parts.append("loss \(String(format: "%.4f", loss))") }
        parts.append("lr \(state.learningRate)")
        if let rate = state.clipsPerSecond { parts.append("\(Int(rate)) clips/s") }
        if let wait = state.dataWait { parts.append("data \(Int((wait * 100).rounded())) %") }
        return parts.joined(separator: " ")
    }

    /// A run explains itself: what it is made of lies beside its results before the first step.
    private static func record(_ beginning: RunBeginning, _ workspace: Workspace, _ folder: String) throws {
        let settings = try RunSettings(beginning, workspace)
        let record = try RunRecord(beginning, settings.settings, overrides: workspace.overrides)
        if beginning.resumedAt != nil, var first = try RunRecord.load(folder) {
            if first.resume(as: record) { try first.save(folder) }
            return
        }
        // A run without a checkpoint begins anew, whatever a process before it has left. One that was begun without a record
        // keeps the settings that were written then.
        let isKept =
            beginning.resumedAt != nil
            && FileManager.default.fileExists(atPath: "\(folder)/\(RunSettings.fileName)")
        if !isKept { try settings.save(folder) }
        try record.save(folder)
    }
}

extension StageContext {
    /// Shows how far the check of a run's shards is, until it is over.
    func shardCheck() -> @Sendable (ShardCheckProgress) -> Void {
        let reporter = ProgressReporter("check shards", unit: "MB", style: progress)
        return { state in
            reporter.update(done: state.doneBytes / 1_000_000, total: state.totalBytes / 1_000_000)
            if state.doneBytes == state.totalBytes { reporter.finish() }
        }
    }
}

extension Workspace {
    /// The folder of the run that the settings name.
    package var runFolder: String { "\(runs)/\(settings.train.name)" }
}
