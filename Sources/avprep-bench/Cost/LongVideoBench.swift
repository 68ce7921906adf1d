import AVPrepCatalog
import AVPrepCore
import AVPrepIngest
import AVPrepSettings
import AVPrepWorkspace
import ArgumentParser
import Foundation

/// How much sooner one video is ingested on several cores than on one.
struct LongVideoBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "long-video",
        abstract: "Ingest one video on one core and on several: wall time, and the same bytes.",
        discussion: """
            Each turn is a process of its own, held to its cores by taskset, so that it finds as many as it would on such a \
            machine. The minimum of each candidate counts. Needs cores on which nothing else runs.

                avprep-bench long-video lecture.mp4 --cores 2
            """)

    @Argument(help: "A video, of minutes.")
    var file: String

    @Option(help: "Number of cores beside one.")
    var cores = 2

    @Option(help: "Number of turns.")
    var repeats = 1

    @Flag(help: .hidden)
    var once = false

    /// What one process found.
    private struct Turn: Codable {
        let wall: Double
        let cpu: Double
        /// Of the prepared file.
        let digest: String
    }

    func run() throws {
        if once { return try ingestOnce() }
        var best: [Int: Turn] = [:]
        for _ in 0..<max(1, repeats) {
            for count in [1, max(2, cores)] {
                let text = try OutsideProgram.outputText(
                    "/usr/bin/taskset",
                    ["-c", "0-\(count - 1)", CommandLine.arguments[0], "long-video", "--once", file])
                let turn = try JSONDecoder().decode(Turn.self, from: Data(text.utf8))
                if turn.wall < best[count]?.wall ?? .infinity { best[count] = turn }
            }
        }
        guard let one = best[1], let several = best[max(2, cores)] else { return }
        let rows = [(1, one), (max(2, cores), several)].map { count, turn in
            ["\(count)", String(format: "%.1f", turn.wall), String(format: "%.1f", turn.cpu)]
        }
        print(TextTable.text([["cores", "wall s", "CPU s"]] + rows))
        print(String(format: "\nwall time on one core / on %d: %.2f", max(2, cores), one.wall / several.wall))
        guard one.digest == several.digest else { throw Failure("the prepared files differ") }
        print("the prepared files are the same")
    }

    private func ingestOnce() throws {
        let folder = NSTemporaryDirectory() + "avprep-bench-\(getpid())"
        try AtomicFile.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var settings = PipelineSettings()
        settings.corpus.paths = [URL(fileURLWithPath: file).path]
        let workspace = Workspace(folder: folder, settings: settings)
        let start = ContinuousClock.now
        let cpu = ProcessCost.cpuSeconds
        let report = try IngestStage.run(workspace, StageContext())
        let wall = (ContinuousClock.now - start) / .seconds(1)
        guard report.exitStatus == .done, report.counts.done == 1 else { throw Failure(report.text) }
        let names = try FileManager.default.subpathsOfDirectory(atPath: workspace.prepared)
        guard let name = names.first(where: { $0.hasSuffix(".h5") }) else { throw Failure("no prepared file") }
        let path = "\(workspace.prepared)/\(name)"
        let turn = Turn(
            wall: wall, cpu: ProcessCost.cpuSeconds - cpu, digest: try SHA256.digest(ofFile: path).hex)
        print(String(decoding: try JSONEncoder().encode(turn), as: UTF8.self))
    }
}
