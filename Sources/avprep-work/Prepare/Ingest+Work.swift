import AVPrepCommands
import AVPrepCorpus
import AVPrepIngest
import AVPrepParts
import Foundation

extension Ingest: PerformableCommand {
    func perform() throws {
        let workspace = try options.workspace(workers.map { ["workers=\($0)"] } ?? [])
        var request = CorpusRequest()
        if !paths.isEmpty { request.paths = Paths.given(paths).map(\.absolute) }
        request.acceptsEmptyRoots = scan.acceptEmptyRoots
        request.isWhole = only
        if let part {
            let number = try PartNumber(part, environment: ProcessInfo.processInfo.environment)
            let report = try PartStage.run(
                workspace, options.session.context, request, part: number, retry: retry,
                leaseSeconds: lease ?? PartStage.leaseSeconds, scratch: scratch.map(Paths.absolute))
            try Terminal.show(report, json: options.json, text: \.text)
            return try report.exitStatus.end()
        }
        let report = try IngestStage.run(workspace, options.session.context, request, retry: retry, rehash: rehash)
        try Terminal.show(report, json: options.json, text: \.text)
        try report.exitStatus.end()
    }
}
