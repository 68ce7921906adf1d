import AVPrepCommands
import AVPrepCore
import AVPrepSeparation
import Foundation

extension Separate: PerformableCommand {
    func perform() throws {
        try ProcessLaunch.refuse(ProcessInfo.processInfo.environment, for: "avprep separate")
        let path = run.flatMap { $0.contains("/") ? $0 : nil }
        let overrides = [path == nil ? run.map { "train.name=\($0)" } : nil, device.map { "train.device=\($0)" }]
        let workspace = try options.workspace(overrides.compactMap(\.self))
        var request = SeparateStage.Request()
        request.folder = into
        request.overwrites = overwrite
        request.writesFilms = !noFilms
        request.takesDevice = device != nil
        let report = try SeparateStage.run(
            Paths.given([film])[0], run: path, workspace, request, options.session.context)
        try Terminal.show(report, json: options.json, text: \.text)
    }
}
