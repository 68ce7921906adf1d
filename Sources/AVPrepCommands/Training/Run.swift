package import ArgumentParser

/// `avprep run`.
package struct Run: ObservedCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Ingest, shard, train and evaluate, one after the other.",
        discussion: """
            Each stage resumes where it stopped, so repeating the command does only what is left. Example:

              avprep run --pipeline pipelines/avts.yaml
            """)

    @OptionGroup package var options: PipelineOptions

    @OptionGroup package var observation: ObservationOptions

    @OptionGroup package var scan: ScanOptions

    package init() {}
}
