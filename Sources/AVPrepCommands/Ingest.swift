package import ArgumentParser

/// `avprep ingest`.
package struct Ingest: WorkCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Prepare videos: one decode pass each, into one HDF5 file each.",
        discussion: """
            Every file ends done, skipped or failed, with its reason, in the catalog. What is done already, for this \
            content and these settings, is not done again. Examples:

              avprep ingest                     the paths of avprep.yaml
              avprep ingest ~/videos list.txt   these instead
              avprep ingest --set ingest.flow.method=off
            """)

    @OptionGroup package var options: PipelineOptions

    @Argument(help: "Files, folders and list files (.txt, one path a line) instead of corpus.paths.")
    package var paths: [String] = []

    @Option(name: [.short, .long], help: "Videos prepared at a time; 0: one a core.")
    package var workers: Int?

    @Flag(name: .long, help: "Try failed files again.")
    package var retry = false

    package init() {}
}
