import AVPrepAudio
import AVPrepCases
import AVPrepCore
import AVPrepModel
import AVPrepWorkspace
import ArgumentParser
import Foundation

/// What spectrograms cost, beside FFTW's bare transforms of the same frames and beside librosa.
struct SpectrogramBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spectrogram",
        abstract: "Compare spectrograms with bare FFTW transforms of the same frames and with librosa.",
        discussion: """
            One core, CPU time. The candidates take turns, and each one's least time counts. Bare transforms are \
            fftwf_plan_many_dft_r2c on warm buffers, planned by FFTW_ESTIMATE, FFTW_MEASURE and FFTW_PATIENT. Ours are \
            planned by estimate and, for the last but one column, by wisdom that FFTW_PATIENT has found.
            """)

    @Option(help: "Seconds of sound: a segment's. Longer ones do not stay in the processor's caches.")
    var seconds = 10.0

    @Option(help: "Only these kinds, by preset; may be given again.")
    var only: [String] = []

    @Option(help: "Turns.")
    var repeats = 5

    @Option(help: "The Python interpreter with librosa; `none` leaves it out.")
    var python = ".venv/bin/python"

    func run() throws {
        var costs = try SpectrogramSettings.Preset.allCases.filter {
            $0 != .none && (only.isEmpty || only.contains($0.rawValue))
        }.map {
            try SpectrogramCosts($0, seconds: seconds)
        }
        var librosa: [String: Double] = [:]
        for _ in 0..<max(1, repeats) {
            for index in costs.indices { try costs[index].measure() }
            guard python != "none" else { continue }
            librosa.merge(try librosaSeconds(costs.map(\.settings))) { min($0, $1) }
        }
        var rows = [
            ["kind", "µs a frame", "/ estimate", "/ measure", "/ patient", "by wisdom / patient", "librosa /"]
        ]
        for cost in costs {
            let ratios =
                BareTransform.Rigor.allCases.map { cost.ours / (cost.bare[$0] ?? .nan) }
                + [cost.oursByWisdom / (cost.bare[.patient] ?? .nan)]
            let theirs = librosa[cost.settings.name].map { $0 / cost.ours }
            rows.append(
                [cost.settings.name, String(format: "%.2f", cost.ours / Double(cost.frames) * 1e6)]
                    + ratios.map { String(format: "%.2f", $0) } + [theirs.map { String(format: "%.1f", $0) } ?? ""])
        }
        print(TextTable.text(rows))
    }

    /// CPU seconds that librosa reports for each kind, without its start.
    private func librosaSeconds(_ kinds: [SpectrogramSettings]) throws -> [String: Double] {
        let words = try String(decoding: JSONEncoder().encode(kinds.map(\.namedAttributes)), as: UTF8.self)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = ["Tests/Oracles/librosa_cost.py", String(seconds), words]
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"]) { _, new in new }
        let output = Pipe()
        process.standardOutput = output
        do { try process.run() } catch {
            throw Failure(
                "cannot run \(python): \(error.localizedDescription); make venv makes it, --python none does without")
        }
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure("librosa failed") }
        return try JSONDecoder().decode([String: Double].self, from: data)
    }
}

extension SpectrogramSettings {
    /// The attributes and the name.
    fileprivate var namedAttributes: [String: AttributeValue] {
        attributes.merging(["name": .string(name)]) { _, name in name }
    }
}
