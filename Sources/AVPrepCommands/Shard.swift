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
              avprep shard --hard-ratio 0.5 --name half   sets half_easy, half_mixed, half_hard beside the others
              avprep shard --recipe l3                    pairs of another recipe, over the same media
              avprep shard --set shard.pairs.gap_seconds=1
              avprep shard --compact                      after many additions: one new shuffle of everything

            New videos go into new shards; what is there stays, byte for byte, and on its side of the split.
            """)

    @OptionGroup package var options: PipelineOptions

    @Option(name: .long, help: "Share of hard ones among the negatives of the set \"mixed\".")
    package var hardRatio: Double?

    @Option(name: .long, help: "avts, l3, multisensory or arrow-of-time: whose windows and negatives.")
    package var recipe: String?

    @Option(name: .long, help: "Keeps the sets apart from others of the recipe.")
    package var name: String?

    @Flag(name: .long, help: "Plan and shuffle all shards anew.")
    package var compact = false

    @Option(name: [.short, .long], help: "Shards packed at a time; 0: one a core.")
    package var workers: Int?

    package init() {}
}
