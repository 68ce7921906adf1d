import AVPrepCommands
import AVPrepCore
import AVPrepEmbed
import AVPrepModel
import Foundation

extension Embed: PerformableCommand {
    func perform() throws {
        let workspace = try options.workspace(try name.map { [try textSetting("train.name", $0)] } ?? [])
        var request = EmbedStage.Request()
        request.paths = Paths.given(paths)
        request.manifest = manifest.map { Paths.given([$0])[0] }
        request.isESC10 = isESC10
        request.isOfShards = shards
        request.split = split.flatMap(Split.init(rawValue:))
        request.side = side
        request.output = out
        request.npz = npz
        features.set(&request)
        request.isRandom = random
        request.overwrites = overwrite
        let report = try EmbedStage.run(workspace, options.session.context, request)
        try Terminal.show(report, json: options.json, text: \.text)
        if !report.failed.isEmpty { try ExitStatus.doneWithFailures.end() }
    }
}

extension FeatureOptions {
    func set(_ request: inout EmbedStage.Request) {
        request.layer = layer
        request.pool = GridPool.Kind(rawValue: pool) ?? .maximum
        request.cells = cells
        request.clips = clips
        request.seconds = clipSeconds
    }
}
