import AVPrepCommands
import AVPrepInspect
import AVPrepSettings
import Foundation

extension Inspect: PerformableCommand {
    func perform() throws {
        let report = try InspectStage.run(
            Paths.given([file])[0], settings: try options.settingsOrDefaults().ingest,
            drawings: InspectStage.Drawings(sheet: image, flow: flow), options.session.context)
        try Terminal.show(report, json: options.json, text: \.text)
        try report.exitStatus.end()
    }
}

extension PipelineOptions {
    /// The pipeline file's settings, or the defaults if none was named and the working directory has none.
    fileprivate func settingsOrDefaults() throws -> PipelineSettings {
        let hasFile = FileManager.default.fileExists(atPath: pipeline)
        return hasFile || pipeline != Self.defaultPipeline
            ? try PipelineFile.load(pipeline, overrides: overrides)
            : try PipelineFile.parse("", name: "defaults", overrides: overrides)
    }
}
