package import ArgumentParser

/// `avprep merge`.
package struct Merge: ObservedCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Bring what the tasks of ingest --part have done into the catalog.",
        discussion: """
            The catalog is then that of one process. Tasks may still be at work: what they have done is taken, and the exit \
            code is 75 until all of it is merged and nothing of the listing is left to do. Example:

              parallel avprep ingest --part {}/4 ::: 1 2 3 4; avprep merge && avprep shard
            """)

    @OptionGroup package var options: PipelineOptions

    @OptionGroup package var observation: ObservationOptions

    @OptionGroup package var scan: ScanOptions

    package init() {}
}
