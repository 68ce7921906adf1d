import AVPrepCommands
import AVPrepPipeline

extension Evaluate: PerformableCommand {
    func perform() throws {
        let workspace = try options.workspace(name.map { ["train.name=\($0)"] } ?? [])
        let report = try EvaluateStage.run(workspace, options.session.context, offsetClips: offsetClips)
        try Terminal.show(report, json: options.json, text: \.text)
    }
}
