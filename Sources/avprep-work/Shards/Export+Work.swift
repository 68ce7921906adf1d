import AVPrepCommands
import AVPrepExport
import ArgumentParser

extension Export: PerformableCommand {
    func perform() throws {
        var request = ExportRequest()
        guard let format = ExportFormat(rawValue: format) else {
            throw ValidationError("--format must be webdataset or huggingface, not \"\(self.format)\"")
        }
        request.format = format
        if !only.isEmpty {
            request.parts = Set(
                try only.map { name in
                    guard let part = SegmentSample.Part(rawValue: name) else {
                        let names = SegmentSample.Part.allCases.map(\.rawValue).joined(separator: ", ")
                        throw ValidationError("--only must be one of \(names), not \"\(name)\"")
                    }
                    return part
                })
        }
        request.license = license
        if let title { request.title = title }
        let workspace = try options.workspace(workers.map { ["workers=\($0)"] } ?? [])
        let report = try ExportStage.run(workspace, options.session.context, request, to: Paths.absolute(folder))
        try Terminal.show(report, json: options.json, text: \.text)
    }
}
