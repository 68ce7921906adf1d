import AVPrepCommands
import AVPrepCore
import AVPrepSettings
import Foundation

extension Init: PerformableCommand {
    func perform() throws {
        if schema {
            print(try PipelineFile.schema(), terminator: "")
            return
        }
        if !force, try ExistingFile.isThere(pipeline) {
            throw Failure("\(pipeline) exists already; --force overwrites it", exitStatus: .usage)
        }
        let settings = try PipelineFile.parse("", name: pipeline, overrides: overrides)
        let heading = [
            "avprep pipeline file: every key with its current value. A missing key has its default.",
            "Next: avprep ingest, avprep shard, avprep train - or avprep run for all of them.",
        ]
        try AtomicFile.write(Data(PipelineFile.text(of: settings, heading: heading).utf8), to: pipeline)
        let paths = settings.corpus.paths.joined(separator: ", ")
        print("wrote \(pipeline); put videos into \(paths) and run: avprep ingest")
    }
}
