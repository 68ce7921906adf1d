import AVPrepCommands
import AVPrepCore
import AVPrepCorpus
import AVPrepPipeline
import Foundation

extension Run: PerformableCommand {
    func perform() throws {
        try ProcessLaunch.refuse(ProcessInfo.processInfo.environment, for: "avprep run")
        var request = CorpusRequest()
        request.acceptsEmptyRoots = scan.acceptEmptyRoots
        let report = try RunStage.run(try options.workspace(), options.session.context, request)
        try Terminal.show(report, json: options.json, text: \.text)
        try report.exitStatus.end()
    }
}
