import AVPrepCommands
import AVPrepPipeline
import Foundation

extension Evaluate: PerformableCommand, JointCommand {
    func perform() throws {
        let workspace = try options.workspace(name.map { ["train.name=\($0)"] } ?? [])
        let report = try EvaluateStage.run(
            workspace, options.session.context, offsetClips: offsetClips, scores: scores.map(Paths.absolute),
            startedBy: ProcessInfo.processInfo.environment)
        // Rank 0 speaks for all processes.
        guard let report else { return }
        try Terminal.show(report, json: options.json, text: \.text)
    }
}
