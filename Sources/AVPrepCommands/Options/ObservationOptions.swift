package import ArgumentParser

/// The options of every command that works long: what programs hear of it.
package struct ObservationOptions: ParsableArguments {
    @Flag(
        name: .long,
        help: "Write events on stderr, as one JSON object a line (schemas/log.schema.json), and no other text.")
    package var logJson = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Keep a file for node_exporter's textfile collector up to date; instead of metrics.file.",
            valueName: "file"))
    package var metricsFile: String?

    package init() {}
}

/// A command that works long.
package protocol ObservedCommand: WorkCommand {
    var options: PipelineOptions { get }
    var observation: ObservationOptions { get }
}
