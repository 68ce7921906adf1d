import AVPrepCommands
import AVPrepCorpus
import AVPrepIngest

extension Ingest: PerformableCommand {
    func perform() throws {
        let workspace = try options.workspace(workers.map { ["workers=\($0)"] } ?? [])
        var request = CorpusRequest()
        if !paths.isEmpty { request.paths = Paths.given(paths).map(\.absolute) }
        request.acceptsEmptyRoots = scan.acceptEmptyRoots
        request.isWhole = only
        let report = try IngestStage.run(workspace, options.session.context, request, retry: retry, rehash: rehash)
        try Terminal.show(report, json: options.json, text: \.text)
        try report.exitStatus.end()
    }
}
