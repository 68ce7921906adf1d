package import ArgumentParser

/// `avprep status`.
package struct Status: WorkCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Show what happened to every video, and what there is.",
        discussion: """
            Counts add up: every listed video is done, skipped, failed or still to do. Examples:

              avprep status
              avprep status --check                     go through the whole catalog and prove it
              avprep status --list failed | cut -f 1    the paths of what failed
              avprep status --json
            """)

    @OptionGroup package var options: PipelineOptions

    @Flag(name: .long, help: "Go through the whole catalog: damaged pages, counts that do not add up.")
    package var check = false

    /// Which videos `--list` names.
    package enum State: String, ExpressibleByArgument, CaseIterable {
        case done, skipped, failed, pending
    }

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Name all videos that are so in ingest instead, a line each: path, reason, detail, with tabs between.",
            valueName: State.allCases.map(\.rawValue).joined(separator: "|")))
    package var list: State?

    package init() {}
}
