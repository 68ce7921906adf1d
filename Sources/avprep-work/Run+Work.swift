import AVPrepCommands
import AVPrepPipeline

extension Run: PerformableCommand {
    func perform() throws {
        let report = try RunStage.run(try options.workspace(), options.session.context)
        try Terminal.show(report, json: options.json, text: \.text)
        try report.exitStatus.end()
    }
}
