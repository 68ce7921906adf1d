package import ArgumentParser

/// `avprep init`.
package struct Init: WorkCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Write a commented avprep.yaml here.",
        discussion: """
            The file lists every key with its default and its allowed values. Examples:

              avprep init
              avprep init --set corpus.paths=[/data/kinetics] --set train.batch_size=32
              avprep init --schema > pipeline.schema.json
            """)

    @Option(name: [.short, .long], help: ArgumentHelp("The file to write.", valueName: "file"))
    package var pipeline = PipelineOptions.defaultPipeline

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp("Set a key to another value than its default.", valueName: "key=value"))
    package var overrides: [String] = []

    @Flag(name: .long, help: "Overwrite an existing file.")
    package var force = false

    @Flag(name: .long, help: "Print the JSON Schema of pipeline files instead.")
    package var schema = false

    package init() {}
}
