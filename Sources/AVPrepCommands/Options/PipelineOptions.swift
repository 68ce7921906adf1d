package import ArgumentParser

/// The options of every command that reads the pipeline file.
package struct PipelineOptions: ParsableArguments {
    /// The pipeline file looked for in the working directory.
    package static let defaultPipeline = "avprep.yaml"

    @Option(name: [.short, .long], help: ArgumentHelp("The pipeline file.", valueName: "file"))
    package var pipeline = Self.defaultPipeline

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp("Override a key of the pipeline file, e.g. ingest.video.fps=16.", valueName: "key=value"))
    package var overrides: [String] = []

    @Flag(name: [.short, .long], help: "Print no progress on stderr.")
    package var quiet = false

    @Flag(name: .long, help: "Print the result as JSON.")
    package var json = false

    package init() {}
}
