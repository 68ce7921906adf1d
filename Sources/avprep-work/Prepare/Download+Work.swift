import AVPrepCommands
import AVPrepCorpus

extension Download: PerformableCommand {
    func perform() throws {
        var request = CorpusRequest()
        if !paths.isEmpty { request.paths = Paths.given(paths).map(\.absolute) }
        let report = try Downloads.run(try options.workspace(), options.session.context, request)
        try Terminal.show(report, json: options.json, text: \.text)
        try report.exitStatus.end()
    }
}
