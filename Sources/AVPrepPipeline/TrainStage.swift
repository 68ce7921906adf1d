import AVPrepCore
import AVPrepSettings
import AVPrepTorch
import AVPrepTraining
package import AVPrepWorkspace
import Foundation

/// Trains a run on the shards.
package enum TrainStage {
    /// The result of a training.
    package struct Report: Sendable, Codable {
        package let run: String
        package let steps: Int
        /// Whether the run was finished before, so that nothing was done.
        package let wasFinished: Bool
        /// Files of weights in the run's folder.
        package let weights: [String]

        package var text: String {
            (wasFinished ? "\(run) is finished already, after \(steps) steps" : "\(run): trained for \(steps) steps")
                + "; the folder holds metrics.csv, TensorBoard events, \(weights.joined(separator: ", "))"
                + "\nnext: avprep evaluate"
        }
    }

    /// Trains to the end of the last stage, resuming from the last checkpoint.
    ///
    /// - Throws: ``TrainingError`` and errors of the modules below; `CancellationError` after saving a checkpoint.
    package static func run(_ workspace: Workspace, _ context: StageContext) throws -> Report {
        try run(workspace, context, group: nil)
    }

    /// The same as one of the processes that were started together.
    ///
    /// - Returns: nil in those that do not speak for all.
    package static func run(
        _ workspace: Workspace, _ context: StageContext, startedBy environment: [String: String]
    ) throws -> Report? {
        try Processes.run(environment, context, device: workspace.settings.train.device) { group, context in
            try run(workspace, context, group: group)
        }
    }

    private static func run(_ workspace: Workspace, _ context: StageContext, group: ProcessGroup?) throws -> Report {
        let settings = workspace.settings.train
        let folder = workspace.runFolder
        return try workspace.exclusively(in: group) {
            let trainer = Trainer(
                settings: settings, seed: UInt64(workspace.settings.seed), shards: workspace.shards, run: folder,
                base: workspace.folder, group: group)
            let progress = ProgressReporter("train", unit: "steps", style: context.progress)
            let checking = context.shardCheck()
            // Rank 0 writes for all.
            let recorder = group.map(\.leads) ?? true ? TrainingRecorder(folder) : nil
            defer { recorder?.end() }
            let outcome = try trainer.run(
                cancellation: context.cancellation, checking: checking,
                measuring: { progress.say("measures what a step takes of memory: a few steps on two and four pairs") },
                beginning: { beginning in
                    try record(beginning, workspace, folder)
                    for line in lines(of: beginning) { progress.say(line) }
                }
            ) { state in
                recorder?.add(state)
                if let warning = state.warning { progress.say("avprep: \(warning)") }
                progress.update(done: state.step, total: state.totalSteps, note: note(state))
            }
            progress.finish()
            return switch outcome {
            case .finished(let steps):
                Report(run: folder, steps: steps, wasFinished: false, weights: settings.weightFiles)
            case .wasFinished(let steps):
                Report(run: folder, steps: steps, wasFinished: true, weights: settings.weightFiles)
            }
        }
    }

    /// The line has the form of torchvision's training scripts.
    static func note(_ state: TrainingProgress) -> String {
        var parts = ["[\(state.stage) \(state.epoch)/\(state.epochs)]"]
        if state.isValidating {
            parts.append(state.toValidate > 0 ? "validating \(state.validated)/\(state.toValidate)" : "validating")
        }
        if let loss = state.loss { parts.append("loss \(String(format: "%.4f", loss))") }
        parts.append("lr \(state.learningRate)")
        if let rate = state.clipsPerSecond { parts.append("\(Int(rate)) clips/s") }
        if let wait = state.dataWait { parts.append("data \(Int((wait * 100).rounded())) %") }
        return parts.joined(separator: " ")
    }

    /// What the run will take, before it takes it.
    static func lines(of beginning: RunBeginning) -> [String] {
        let settings = beginning.settings
        let parameters = String(format: "%.2f", Double(beginning.parameters) / 1e6)
        let samples = settings.classifier.classes.isEmpty ? "pairs" : "clips"
        let place = beginning.resumedAt.map { "goes on at step \($0): " } ?? ""
        let processes = beginning.engine.processes.map { " by \($0) processes" } ?? ""
        return beginning.initialWeights.map(\.text) + [
            "\(place)\(parameters) million parameters on \(beginning.engine.device)\(processes); "
                + "\(beginning.epochs) epochs, \(beginning.steps) steps of \(settings.batchSize) \(samples) = "
                + "\(beginning.pairs) \(samples)", beginning.memory,
        ] + (beginning.warning.map { ["avprep: \($0)"] } ?? [])
    }

    /// Writes the run's settings and record beside its results before the first step, so that the run documents itself.
    static func record(_ beginning: RunBeginning, _ workspace: Workspace, _ folder: String) throws {
        let settings = try RunSettings(beginning, workspace)
        let record = try RunRecord(beginning, settings.settings, overrides: workspace.overrides)
        if beginning.resumedAt != nil, var first = try RunRecord.load(folder) {
            if first.resume(as: record) { try first.save(folder) }
            return
        }
        // A run without a checkpoint begins anew, whatever an earlier process has left. A run that was begun without a
        // record keeps the settings that were written then.
        let isKept =
            beginning.resumedAt != nil
            && FileManager.default.fileExists(atPath: "\(folder)/\(RunSettings.fileName)")
        if !isKept { try settings.save(folder) }
        try record.save(folder)
    }
}

extension StageContext {
    /// Shows the progress of checking a run's shards until it is finished.
    func shardCheck() -> @Sendable (ShardCheckProgress) -> Void {
        let reporter = ProgressReporter("check shards", unit: "MB", style: progress)
        return { state in
            reporter.update(done: state.doneBytes / 1_000_000, total: state.totalBytes / 1_000_000)
            if state.doneBytes == state.totalBytes { reporter.finish() }
        }
    }
}
