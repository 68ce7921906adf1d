import AVPrepCore
import AVPrepSettings
import AVPrepWorkspace
import ArgumentParser
import Foundation

/// The cost of ingest, compared with its libraries' kernels alone and with a careful Python pipeline, on the same clips
/// in the same run, one thread each: as ratios, since absolute times depend on the machine and its load.
struct IngestBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingest",
        abstract: "Compare ingest's CPU time with that of its kernels alone and of a Python pipeline.",
        discussion: """
            Without files a practice corpus is made. The candidates alternate, and the minimum time of each counts.
            """)

    @Argument(help: "Clips, of seconds rather than minutes.")
    var files: [String] = []

    @Option(help: "Number of turns.")
    var repeats = 3

    @Option(help: "The Python interpreter with the reference pipeline; `none` omits it.")
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
        var rows = [["kernel", "CPU s per video s", "of all kernels"]]
        rows += kernels.seconds.map { row($0.kernel, $0.seconds) }
        rows.append(row("all kernels", kernels.total))
        rows.append(row("avprep ingest", ingest))
        if let outside { rows.append(row("Python pipeline", outside)) }
        print(TextTable.text(rows))
        print(String(format: "\ningest / kernels alone: %.2f", ingest / kernels.total))
        if let outside { print(String(format: "ingest / Python pipeline: %.2f", ingest / outside)) }
    }

    /// CPU seconds reported by the Python pipeline for the clips, without start-up.
    private func pythonSeconds(_ clips: [String]) throws -> Double {
        struct Result: Decodable { let cpu_seconds: Double }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = ["Tests/Oracles/reference_pipeline.py"] + clips
        let output = Pipe()
        process.standardOutput = output
        do { try process.run() } catch {
            throw Failure(
                "cannot run \(python): \(error.localizedDescription); run make venv, or omit it with --python none")
        }
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure("the Python pipeline failed") }
        return try JSONDecoder().decode(Result.self, from: data).cpu_seconds
    }
}
