import AVPrepCommands
import AVPrepVerify

extension Verify: PerformableCommand {
    func perform() throws {
        let report = try VerifyStage.run(
            try options.workspace(), options.session.context, isQuick: quick, readsSources: sources,
            searchesForgotten: forgotten)
        try Terminal.show(report, json: options.json, text: \.text)
        try report.exitStatus.end()
    }
}
