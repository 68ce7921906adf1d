import AVPrepCommands
import AVPrepPipeline

extension Shard: PerformableCommand {
    func perform() throws {
        var overrides = workers.map { ["workers=\($0)"] } ?? []
        if let hardRatio { overrides.append("shard.pairs.hard_ratio=\(hardRatio)") }
        let workspace = try options.workspace(overrides)
        let report = try ShardStage.run(workspace, options.session.context)
        try Terminal.show(report, json: options.json, text: \.text)
    }
}
