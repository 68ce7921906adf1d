import AVPrepCommands
import AVPrepIngest
import AVPrepSettings

extension Ingest: PerformableCommand {
    func perform() throws {
        let workspace = try options.workspace(workers.map { ["workers=\($0)"] } ?? []) { settings in
            if !paths.isEmpty { settings.corpus.paths = paths.map(Paths.absolute) }
        }
        let report = try IngestStage.run(workspace, options.session.context, retry: retry, rehash: rehash)
        try Terminal.show(report, json: options.json, text: \.text)
        try report.exitStatus.end()
    }
}
