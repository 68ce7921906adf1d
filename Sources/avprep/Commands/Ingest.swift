import AVPrepCore
import AVPrepPipeline
import ArgumentParser
import Foundation

struct Ingest: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prepare videos: one decode pass each, into one HDF5 file each.",
        discussion: """
            Every file ends done, skipped or failed, with its reason, in the catalog. What is done already, for this \
            content and these settings, is not done again. Examples:

              avprep ingest                     the paths of avprep.yaml
              avprep ingest ~/videos list.txt   these instead
              avprep ingest --set ingest.flow.method=off
            """)

    @OptionGroup var options: PipelineOptions

    @Argument(help: "Files, folders and list files (.txt, one path a line) instead of corpus.paths.")
    var paths: [String] = []

    @Option(name: [.short, .long], help: "Videos prepared at a time; 0: one a core.")
    var workers: Int?

    @Flag(name: .long, help: "Try failed files again.")
    var retry = false

    func run() throws {
        let workspace = try options.workspace(workers.map { ["workers=\($0)"] } ?? []) { settings in
            if !paths.isEmpty { settings.corpus.paths = paths.map(Paths.absolute) }
        }
        let report = try IngestStage.run(workspace, options.session.context, retry: retry)
        try Terminal.show(report, json: options.json, text: \.text)
        try report.exitStatus.end()
    }
}

/// Paths of the command line, which start in the working directory, not at the pipeline file.
enum Paths {
    static func absolute(_ path: String) -> String {
        URL(fileURLWithPath: path).standardizedFileURL.path
    }
}

extension ExitStatus {
    /// Ends the command with this status; returns when it is `done`.
    func end() throws {
        if self != .done { throw ExitCode(rawValue) }
    }
}
