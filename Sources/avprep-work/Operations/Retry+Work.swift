import AVPrepCommands
import AVPrepPipeline

extension Retry: PerformableCommand {
    func perform() throws {
        var request = RetryStage.Request()
        request.stage = RetryStage.Request.Stage(rawValue: stage.rawValue) ?? .ingest
        request.items = Paths.bytes(of: items)
        request.reasons = reasons
        request.patterns = patterns
        request.skipped = skipped
        request.isDryRun = dryRun
        let report = try RetryStage.run(try options.workspace(), options.session.context, request)
        try Terminal.show(report, json: options.json, text: \.text)
        try report.exitStatus.end()
    }
}
