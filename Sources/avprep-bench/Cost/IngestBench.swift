import AVPrepCore
import AVPrepSettings
import AVPrepWorkspace
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
        try PracticeClips.with(files, measure)
    }

    private func measure(_ clips: PracticeClips) throws {
        var ingest = Double.infinity
        var kernels: KernelCosts?
        var outside = Double.infinity
        for _ in 0..<max(1, repeats) {
            ingest = min(ingest, try clips.ingest(clips.settings))
            var costs = KernelCosts()
            for clip in clips.paths { try costs.add(clip, clips.settings.ingest) }
            if costs.total < kernels?.total ?? .infinity { kernels = costs }
            if python != "none" { outside = min(outside, try pythonSeconds(clips.paths)) }
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
