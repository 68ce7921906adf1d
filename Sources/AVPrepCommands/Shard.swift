package import ArgumentParser

/// `avprep shard`.
package struct Shard: WorkCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Pack prepared videos into shards and sample their pairs.",
        discussion: """
            Stored bytes are copied as they are. With the same videos, another ratio rewrites small pair tables only. \
            Examples:

              avprep shard
              avprep shard --hard-ratio 0.25
              avprep shard --set shard.pairs.gap_seconds=1
            """)

    @OptionGroup package var options: PipelineOptions

    @Option(name: .long, help: "Share of hard ones among the negatives of the set \"mixed\".")
    package var hardRatio: Double?

    @Option(name: [.short, .long], help: "Shards packed at a time; 0: one a core.")
    package var workers: Int?

    package init() {}
}
