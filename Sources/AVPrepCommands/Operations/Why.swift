package import ArgumentParser

/// `avprep why`.
package struct Why: WorkCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Tell an item's whole story: what was measured, decided and written, and where it is now.",
        discussion: """
            An item is named by its path, as listed or in the file system, or by the id of its video or of one of its \
            segments: eight digits or more. Examples:

              avprep why videos/talk.mp4
              avprep why 3f9c01d2 --json
              avprep status --list failed | cut -f 1 | head -1 | xargs avprep why
            """)

    @OptionGroup package var options: PipelineOptions

    @Argument(help: "A path, or the id of a video or of a segment.")
    package var item: String

    package init() {}
}
