import AVPrepCore
import AVPrepPipeline
import ArgumentParser
import Foundation

/// What ingest costs, beside its libraries' kernels alone and beside a careful Python pipeline, on the same clips in the
/// same run, one thread each: ratios, since seconds depend on the machine and the hour.
struct IngestBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingest",
        abstract: "Compare ingest's CPU time with its kernels' alone and with a Python pipeline.",
        discussion: """
            Without files a practice corpus is made for it. The candidates take turns, and each one's least time counts.
            """)

    @Argument(help: "Clips, of seconds rather than minutes.")
    var files: [String] = []

    @Option(help: "Turns.")
    var repeats = 3

    @Option(help: "The Python interpreter with the oracles; `none` leaves Python out.")
    var python = ".venv/bin/python"

    func run() throws {
        let folder = NSTemporaryDirectory() + "avprep-bench-\(getpid())"
        try AtomicFile.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let clips = files.isEmpty ? try PracticeClips.make(in: folder) : files.map { URL(fileURLWithPath: $0).path }
        var settings = PipelineSettings()
        settings.workers = 1
        settings.corpus.paths = clips

        var ingest = Double.infinity
        var kernels: KernelCosts?
        var outside = Double.infinity
        for turn in 0..<max(1, repeats) {
            let work = "\(folder)/turn-\(turn)"
            let start = ProcessCost.cpuSeconds
            let report = try IngestStage.run(Workspace(folder: work, settings: settings), StageContext())
            ingest = min(ingest, ProcessCost.cpuSeconds - start)
            guard report.exitStatus == .done, report.preparedCount == clips.count else { throw Failure(report.text) }
            try FileManager.default.removeItem(atPath: work)

            var costs = KernelCosts()
            for clip in clips { try costs.add(clip, settings.ingest) }
            if costs.total < kernels?.total ?? .infinity { kernels = costs }
            if python != "none" { outside = min(outside, try pythonSeconds(clips)) }
        }
        guard let kernels else { return }
        report(ingest: ingest, kernels: kernels, outside: outside.isFinite ? outside : nil)
    }

    private func report(ingest: Double, kernels: KernelCosts, outside: Double?) {
        let video = kernels.videoSeconds
        func row(_ name: String, _ seconds: Double) -> [String] {
            [
                name, String(format: "%.4f", seconds / video), String(format: "%.1f %%", 100 * seconds / kernels.total),
            ]
        }
        var rows = [["kernel", "CPU s a video s", "of all kernels"]]
        rows += kernels.seconds.map { row($0.kernel, $0.seconds) }
        rows.append(row("all kernels", kernels.total))
        rows.append(row("avprep ingest", ingest))
        if let outside { rows.append(row("Python pipeline", outside)) }
        print(TextTable.text(rows))
        print(String(format: "\ningest / kernels alone: %.2f", ingest / kernels.total))
        if let outside { print(String(format: "ingest / Python pipeline: %.2f", ingest / outside)) }
    }

    /// CPU seconds that the Python pipeline reports for the clips, without its start.
    private func pythonSeconds(_ clips: [String]) throws -> Double {
        struct Result: Decodable { let cpu_seconds: Double }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = ["Tests/Oracles/reference_pipeline.py"] + clips
        let output = Pipe()
        process.standardOutput = output
        do { try process.run() } catch {
            throw Failure(
                "cannot run \(python): \(error.localizedDescription); make venv makes it, --python none does without")
        }
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure("the Python pipeline failed") }
        return try JSONDecoder().decode(Result.self, from: data).cpu_seconds
    }
}
