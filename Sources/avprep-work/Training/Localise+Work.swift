import AVPrepCommands
import AVPrepCore
import AVPrepLocalise
import AVPrepModel
import Foundation

extension Localise: PerformableCommand {
    func perform() throws {
        let workspace = try options.workspace(name.map { ["train.name=\($0)"] } ?? [])
        var request = LocaliseStage.Request()
        request.folder = out
        request.hop = hop
        request.writesVideo = !noVideo
        request.writesMaps = maps
        request.units = units
        request.finds = clips
        request.split = split.flatMap(Split.init(rawValue:))
        guard !videos.isEmpty else {
            return try Terminal.show(
                try LocaliseStage.run(workspace, options.session.context, request), json: options.json, text: \.text)
        }
        let outcomes = try LocaliseStage.run(Paths.given(videos), workspace, options.session.context, request)
        try Terminal.show(outcomes, json: options.json) { outcomes in
            outcomes.map { $0.report?.text ?? "failed: \($0.failure ?? "")" }.joined(separator: "\n")
        }
        let failed = outcomes.filter { $0.report == nil }.count
        if failed > 0 { try (failed == outcomes.count ? ExitStatus.badInput : .doneWithFailures).end() }
    }
}
