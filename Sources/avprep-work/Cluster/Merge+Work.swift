import AVPrepCommands
import AVPrepCorpus
import AVPrepIngest

extension Merge: PerformableCommand {
    func perform() throws {
        var request = CorpusRequest()
        request.acceptsEmptyRoots = scan.acceptEmptyRoots
        let report = try MergeStage.run(try options.workspace(), options.session.context, request)
        try Terminal.show(report, json: options.json, text: \.text)
        try report.exitStatus.end()
    }
}
