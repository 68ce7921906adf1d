import AVPrepCommands
import AVPrepPipeline
import AVPrepSettings
import AVPrepWorkspace
import Foundation

extension Synth: PerformableCommand {
    func perform() throws {
        var overrides: [String] = []
        if let videos { overrides.append("synth.videos=\(videos)") }
        if let seconds { overrides.append("synth.seconds=\(seconds)") }
        if let difficulty { overrides.append("synth.difficulty=\(difficulty)") }
        if let cues { overrides.append("synth.cues=\(cues)") }
        if let seed { overrides.append("seed=\(seed)") }
        if let workers { overrides.append("workers=\(workers)") }
        let hasFile = FileManager.default.fileExists(atPath: options.pipeline)
        let isNamed = options.pipeline != PipelineOptions.defaultPipeline
        let workspace =
            hasFile || isNamed
            ? try options.workspace(overrides)
            : Workspace(
                folder: ".",
                settings: try PipelineFile.parse("", name: "defaults", overrides: options.overrides + overrides))
        let report = try SynthStage.run(workspace, folder: folder.map(Paths.absolute), options.session.context)
        try Terminal.show(report, json: options.json, text: \.text)
    }
}
