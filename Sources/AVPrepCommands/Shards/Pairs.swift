package import ArgumentParser

/// `avprep pairs`.
package struct Pairs: ParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "List, remove and export the pair sets of the shards.",
        discussion: """
            avprep shard draws the sets; sets with different names coexist. Examples:

              avprep shard --hard-ratio 0.5 --name half    draw further sets beside the existing ones
              avprep shard --recipe l3                     pairs of another recipe from the same media
              avprep pairs list
              avprep pairs export half_mixed --csv pairs.csv
              avprep pairs remove half_mixed
            """,
        subcommands: [List.self, Remove.self, Export.self], defaultSubcommand: List.self)

    package init() {}

    /// `avprep pairs list`.
    package struct List: WorkCommand {
        package static let configuration = CommandConfiguration(
            abstract: "Show every pair set: kinds, sources, offsets, repeats, and what could not be drawn.")

        @OptionGroup package var options: PipelineOptions

        package init() {}
    }

    /// `avprep pairs remove`.
    package struct Remove: WorkCommand {
        package static let configuration = CommandConfiguration(
            abstract: "Remove pair sets. Media and other sets are not changed.")

        @OptionGroup package var options: PipelineOptions

        @Argument(help: "Names of the sets.")
        package var names: [String]

        package init() {}
    }

    /// `avprep pairs export`.
    package struct Export: WorkCommand {
        package static let configuration = CommandConfiguration(
            abstract: "Write a pair set as CSV: one row per pair, with sources and times.",
            discussion: """
                Columns: split, shard, row, kind, label, video_segment, video_start_frame, video_source, \
                video_start_seconds, audio_segment, audio_segment_seconds, audio_source, audio_start_seconds; \
                video_start_seconds and audio_start_seconds are on each file's own presentation clock.
                """)

        @OptionGroup package var options: PipelineOptions

        @Argument(help: "The set's name.")
        package var name: String

        @Option(name: .long, help: ArgumentHelp("Where to write; - is stdout.", valueName: "file"))
        package var csv = "-"

        package init() {}
    }
}
