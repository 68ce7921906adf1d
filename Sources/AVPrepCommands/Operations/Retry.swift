package import ArgumentParser

/// `avprep retry`.
package struct Retry: ObservedCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Try again what failed: all of it, or what items, reasons and patterns choose, and nothing else.",
        discussion: """
            Nothing is scanned, and what else is to do stays so. Items are named by their path or by the id of their video: \
            eight digits or more. Conditions of different kinds have to hold together. Exit code 2 means that something \
            failed again, or that a condition chose nothing. Examples:

              avprep retry                                  everything that failed in ingest
              avprep retry --reason corrupt --reason killed
              avprep retry --match 'talks/**/*.mp4' --dry-run
              avprep retry videos/talk.mp4 3f9c01d2
              avprep retry --stage shard                    what could not be packed
            """)

    /// Which stage.
    package enum Stage: String, ExpressibleByArgument, CaseIterable {
        case ingest, shard
    }

    @OptionGroup package var options: PipelineOptions

    @OptionGroup package var observation: ObservationOptions

    @Argument(help: "Paths of items, or ids of their videos; without any, all.")
    package var items: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp(
            "In which stage they failed.", valueName: Stage.allCases.map(\.rawValue).joined(separator: "|")))
    package var stage = Stage.ingest

    @Option(
        name: .customLong("reason"), parsing: .singleValue,
        help: ArgumentHelp("Only with this reason code; may be repeated.", valueName: "code"))
    package var reasons: [String] = []

    @Option(
        name: .customLong("match"), parsing: .singleValue,
        help: ArgumentHelp(
            "Only what this pattern of corpus.exclude's kind matches; may be repeated.", valueName: "pattern"))
    package var patterns: [String] = []

    @Flag(name: .long, help: "What was skipped, too.")
    package var skipped = false

    @Flag(name: .long, help: "Say what would be tried, and do nothing.")
    package var dryRun = false

    package init() {}
}
