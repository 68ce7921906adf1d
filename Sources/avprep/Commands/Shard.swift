import AVPrepCore
import AVPrepPipeline
import ArgumentParser

struct Shard: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Pack prepared videos into shards and sample their pairs.",
        discussion: """
            Stored bytes are copied as they are. With the same videos, another ratio rewrites small pair tables only. \
            Examples:

              avprep shard
              avprep shard --hard-ratio 0.25
              avprep shard --set shard.pairs.gap_seconds=1
            """)

    @OptionGroup var options: PipelineOptions

    @Option(name: .long, help: "Share of hard ones among the negatives of the set \"mixed\".")
    var hardRatio: Double?

    @Option(name: [.short, .long], help: "Shards packed at a time; 0: one a core.")
    var workers: Int?

    func run() throws {
        var overrides = workers.map { ["workers=\($0)"] } ?? []
        if let hardRatio { overrides.append("shard.pairs.hard_ratio=\(hardRatio)") }
        let workspace = try options.workspace(overrides)
        let report = try ShardStage.run(workspace, options.session.context)
        try Terminal.show(report, json: options.json, text: \.text)
    }
}
