import AVPrepCommands
import AVPrepPipeline

extension Status: PerformableCommand {
    func perform() throws {
        let report = try StatusReport.make(try options.workspace(), isThorough: check)
        try Terminal.show(report, json: options.json, text: \.text)
    }
}
