package import ArgumentParser

/// `avprep ingest`.
package struct Ingest: WorkCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Prepare videos: one decode pass and one HDF5 file per video.",
        discussion: """
            The catalog records for every file whether it is done, skipped or failed, and why. What is already done for \
            this content and these settings is not repeated. Examples:

              avprep ingest                     the paths of avprep.yaml
              avprep ingest ~/videos list.txt   these instead
              avprep ingest --set ingest.flow.method=off

            A path may be given as avprep shows it, with escapes such as \\xff and \\n, or as it is. A list has one path a line, \
            or paths separated by NUL, as find -print0 writes them.
            """)

    @OptionGroup package var options: PipelineOptions

    @Argument(help: "Files, folders and list files (.txt, one path per line) instead of corpus.paths.")
    package var paths: [String] = []

    @Option(name: [.short, .long], help: "Videos prepared at a time; 0: one per core.")
    package var workers: Int?

    @Flag(name: .long, help: "Try all failed files again; those that could not be read always are.")
    package var retry = false

    @Flag(
        name: .long,
        help: "Read known files again: finds a content that changed while size and time stayed the same.")
    package var rehash = false

    @OptionGroup package var scan: ScanOptions

    @Flag(
        name: .long,
        help: "Make these paths the whole corpus: videos elsewhere leave it. Without it, only missing files in them do."
    )
    package var only = false

    package init() {}
}
