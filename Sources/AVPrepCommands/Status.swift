package import ArgumentParser

/// `avprep status`.
package struct Status: WorkCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Show what happened to every video, and what there is.",
        discussion: """
            Counts add up: every listed video is done, skipped, failed or still to do. Examples:

              avprep status
              avprep status --check    go through the whole catalog and prove it
              avprep status --json
            """)

    @OptionGroup package var options: PipelineOptions

    @Flag(name: .long, help: "Go through the whole catalog: damaged pages, counts that do not add up.")
    package var check = false

    package init() {}
}
