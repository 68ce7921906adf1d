import AVPrepAudio
import AVPrepCases
import AVPrepCore
import AVPrepModel
import AVPrepWorkspace
import ArgumentParser
import Foundation

/// The cost of spectrograms, compared with FFTW's plain transforms of the same frames and with librosa.
struct SpectrogramBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spectrogram",
        abstract: "Compare spectrograms with plain FFTW transforms of the same frames and with librosa.",
        discussion: """
            One core, CPU time. The candidates alternate, and the minimum time of each counts. Plain transforms are \
            fftwf_plan_many_dft_r2c on warm buffers, planned by FFTW_ESTIMATE, FFTW_MEASURE and FFTW_PATIENT. Ours are \
            planned by estimate and, for the last but one column, by wisdom from FFTW_PATIENT.
            """)

    @Option(help: "Seconds of audio: a segment's. Longer audio does not stay in the processor's caches.")
    var seconds = 10.0

    @Option(help: "Only these kinds, by preset; may be given several times.")
    var only: [String] = []

    @Option(help: "Number of turns.")
    var repeats = 5

    @Option(help: "The Python interpreter with librosa; `none` omits it.")
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
            ["kind", "µs per frame", "/ estimate", "/ measure", "/ patient", "by wisdom / patient", "librosa /"]
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

    /// CPU seconds reported by librosa for each kind, without start-up.
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
                "cannot run \(python): \(error.localizedDescription); run make venv, or omit it with --python none")
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
