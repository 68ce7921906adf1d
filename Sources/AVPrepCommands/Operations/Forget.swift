package import ArgumentParser

/// `avprep forget`.
package struct Forget: WorkCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Remove videos and everything that came from them, and keep them away.",
        discussion: """
            An item is a path as listed or in the file system, a pattern as in corpus.exclude (quoted, so that the shell \
            leaves it alone), or the id of a video or its first digits, eight at least. All files with the same bytes are \
            meant. Prepared files, rows of the catalog, segments in shards and their pairs go; shards that held one are \
            packed again without it, and all pairs of what stays keep. The files of the corpus stay, but are skipped from \
            now on (forgotten). Killed at any time, the same command goes on. Examples:

              avprep forget videos/talk.mp4 --dry-run   what would go
              avprep forget videos/talk.mp4 3f9c01d2
              avprep forget 'videos/party/**'
              avprep forget --list takedown.txt --json
              avprep verify --forgotten                 searches every file for what is forgotten
              avprep forget --undo 3f9c01d2             the next avprep ingest takes it again
            """)

    @OptionGroup package var options: PipelineOptions

    @Argument(help: "Paths, patterns and ids; without any, what was begun and killed is ended.")
    package var items: [String] = []

    @Option(name: .long, help: "A file with more of them: one a line, or separated by NUL.")
    package var list: String?

    @Flag(name: .long, help: "Only say what would go.")
    package var dryRun = false

    @Flag(name: .long, help: "Allow these again instead.")
    package var undo = false

    package init() {}

    package func validate() throws {
        if undo, items.isEmpty, list == nil { throw ValidationError("--undo needs an id or a path") }
        if undo, dryRun { throw ValidationError("--undo changes one row of the catalog; it has no dry run") }
    }
}
