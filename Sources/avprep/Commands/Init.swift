import AVPrepCore
import AVPrepPipeline
import ArgumentParser
import Foundation

struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a commented avprep.yaml here.",
        discussion: """
            The file holds every key with its default and what it takes. Examples:

              avprep init
              avprep init --set corpus.paths=[/data/kinetics] --set train.batch_size=32
              avprep init --schema > pipeline.schema.json
            """)

    @Option(name: [.short, .long], help: ArgumentHelp("The file to write.", valueName: "file"))
    var pipeline = PipelineFile.defaultName

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp("Start from another value of a key.", valueName: "key=value"))
    var overrides: [String] = []

    @Flag(name: .long, help: "Overwrite an existing file.")
    var force = false

    @Flag(name: .long, help: "Print the JSON Schema of pipeline files instead.")
    var schema = false

    func run() throws {
        if schema {
            print(try PipelineFile.schema(), terminator: "")
            return
        }
        if !force, FileManager.default.fileExists(atPath: pipeline) {
            throw Failure("\(pipeline) is there already; --force overwrites it", exitStatus: .usage)
        }
        let settings = try PipelineFile.parse("", name: pipeline, overrides: overrides)
        let heading = [
            "avprep pipeline file: every key with its value in force. A key left out has its default.",
            "Next: avprep ingest, avprep shard, avprep train - or avprep run for all of them.",
        ]
        try AtomicFile.write(Data(PipelineFile.text(of: settings, heading: heading).utf8), to: pipeline)
        let paths = settings.corpus.paths.joined(separator: ", ")
        print("wrote \(pipeline); put videos into \(paths) and run: avprep ingest")
    }
}
