import AVPrepCommands
import AVPrepShard

extension Shard: PerformableCommand {
    func perform() throws {
        var overrides = workers.map { ["workers=\($0)"] } ?? []
        // The recipe comes first, since it sets the whole section, of which the other options change single keys.
        if let recipe { overrides.append("shard.pairs.recipe=\(recipe)") }
        if let name { overrides.append("shard.pairs.name=\(name)") }
        if let hardRatio { overrides.append("shard.pairs.hard_ratio=\(hardRatio)") }
        let workspace = try options.workspace(overrides)
        let report = try ShardStage.run(workspace, options.session.context, compact: compact)
        try Terminal.show(report, json: options.json, text: \.text)
        try report.exitStatus.end()
    }
}
