package import ArgumentParser

/// `avprep shard`.
package struct Shard: ObservedCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Pack prepared videos into shards and sample their pairs.",
        discussion: """
            Media are copied without re-encoding. With the same videos, another ratio rewrites only the small pair tables. \
            Examples:

              avprep shard
              avprep shard --hard-ratio 0.25
              avprep shard --hard-ratio 0.5 --name half   sets half_easy, half_mixed, half_hard beside the others
              avprep shard --recipe l3                    pairs of another recipe from the same media
              avprep shard --set shard.pairs.gap_seconds=1
              avprep shard --compact                      after many additions: pack and shuffle everything anew

            New videos go into new shards; existing shards stay, byte for byte, and every video keeps its split.
            """)

    @OptionGroup package var options: PipelineOptions

    @OptionGroup package var observation: ObservationOptions

    @Option(name: .long, help: "Fraction of hard negatives among the negatives of the set \"mixed\".")
    package var hardRatio: Double?

    @Option(name: .long, help: "avts, l3, multisensory or arrow-of-time: sets the clip lengths and kinds of negatives.")
    package var recipe: String?

    @Option(name: .long, help: "Prefix for the names of the sets, to keep them apart from others of the same recipe.")
    package var name: String?

    @Flag(name: .long, help: "Plan and shuffle all shards anew.")
    package var compact = false

    @Option(name: [.short, .long], help: "Shards packed at a time; 0: one per core.")
    package var workers: Int?

    package init() {}
}
