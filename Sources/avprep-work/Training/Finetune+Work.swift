import AVPrepCommands
import AVPrepPipeline
import Foundation

extension Finetune: PerformableCommand {
    func perform() throws {
        var settings: [String] = []
        if let name { settings.append(try textSetting("finetune.name", name)) }
        if let run { settings += [try textSetting("finetune.run", run), try textSetting("finetune.weights", "")] }
        if let weights {
            settings += [
                try textSetting("finetune.weights", Paths.absolute(weights)), try textSetting("finetune.run", ""),
            ]
        }
        for (source, folder) in [("ucf101", ucf101), ("hmdb51", hmdb51)] {
            if let folder {
                settings += ["finetune.source=\(source)", try textSetting("finetune.lists", Paths.absolute(folder))]
            }
        }
        if let learns { settings.append("finetune.learns=\(learns)") }
        if let videosPerClass { settings.append("finetune.videos_per_class=\(videosPerClass)") }
        let report = try FinetuneStage.run(
            try options.workspace(settings), options.session.context, environment: ProcessInfo.processInfo.environment)
        try Terminal.show(report, json: options.json, text: \.text)
    }
}
