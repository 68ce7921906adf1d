package import ArgumentParser

/// `avprep status`.
package struct Status: WorkCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Show what happened to every video, and which shards and runs exist.",
        discussion: """
            Counts add up: every listed video is done, skipped, failed or still to do. Examples:

              avprep status
              avprep status --watch                     again every two seconds, until Ctrl-C; beside a running ingest, too
              avprep status --check                     read the whole catalog and check its counts
              avprep status --list failed | cut -f 1    the paths of the failed videos, with escapes
              avprep status --list failed -0            the same as they are, for xargs -0 or a list of avprep ingest
              avprep status --json
            """)

    @OptionGroup package var options: PipelineOptions

    @Flag(name: .long, help: "Read the whole catalog: find damaged pages and counts that do not add up.")
    package var check = false

    /// Which videos `--list` lists.
    package enum State: String, ExpressibleByArgument, CaseIterable {
        case done, skipped, failed, pending, unreachable, vanished
    }

    @Option(
        name: .long,
        help: ArgumentHelp(
            "List all videos in this state instead, one per line: escaped path, reason, detail, separated by tabs.",
            valueName: State.allCases.map(\.rawValue).joined(separator: "|")))
    package var list: State?

    @Flag(
        name: [.customShort("0"), .customLong("null")],
        help: "With --list: only the paths, byte for byte, with a NUL behind each.")
    package var null = false

    @Flag(name: .long, help: "Show it again and again, redrawn in place on a terminal, until a signal ends it.")
    package var watch = false

    @Option(name: .long, help: ArgumentHelp("With --watch: seconds from one to the next.", valueName: "seconds"))
    package var interval: Double?

    package func validate() throws {
        if watch, list != nil || check { throw ValidationError("--watch goes with neither --list nor --check") }
        if interval != nil, !watch { throw ValidationError("--interval goes with --watch") }
        if let interval, !(0.1...86_400).contains(interval) {
            throw ValidationError("--interval must be 0.1 to 86400 seconds, not \(interval)")
        }
        if null, list == nil || options.json { throw ValidationError("-0 goes with --list, and not with --json") }
    }

    package init() {}
}
