import AVPrepCore
import AVPrepSettings
import AVPrepTorch
import AVPrepTraining
import AVPrepWorkspace
import ArgumentParser
import Foundation

/// How many clips a second a step of training learns from, beside the same network in PyTorch's eager mode.
struct StepBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "step", abstract: "Compare a step of training with the same network in PyTorch.",
        discussion: """
            AVTS with MC3-18 at 16 × 112², and with the quickstart's small networks; on a batch in memory, and with loading.
            PyTorch loads with h5py, simplejpeg and OpenCV in as many workers as there are threads. The candidates alternate;
            each counts by its best turn. Without files a practice corpus is made. `make bench-step` installs what PyTorch's
            loader needs.
            """)

    @Argument(help: "Clips, of seconds rather than minutes.")
    var files: [String] = []

    @Option(help: "Number of turns.")
    var repeats = 2

    @Option(help: "Seconds of one turn.")
    var seconds = 10.0

    @Option(help: "Threads; 0: one per core.")
    var threads = 0

    @Option(help: "Only this network: small, mc3-18.")
    var network: String?

    @Option(help: "The Python interpreter with torch; `none` omits it.")
    var python = ".venv/bin/python"

    private enum Network: String, CaseIterable {
        case small
        case mc3 = "mc3-18"

        /// As in Tests/Oracles/torch_step.py.
        var settings: TrainSettings {
            var settings = TrainSettings()
            settings.stages = [StageSettings(name: "easy", set: "easy", epochs: 1)]
            settings.model.frames = Int(PracticeShardSet.fps)
            settings.model.embedding = 128
            settings.optimizer.momentum = 0.9
            switch self {
            case .small:
                settings.batchSize = 32
                settings.model.cropSize = 48
                settings.model.video.width = 8
                settings.model.audio.width = 8
                settings.model.temporalHead = .keepTime
                settings.model.embeddingBatchNorm = true
            case .mc3:
                settings.batchSize = 8
                settings.model.cropSize = 112
            }
            return settings
        }

        var shortSide: Int { self == .small ? 60 : 128 }
    }

    private struct Candidate {
        let name: String
        let clipsPerSecond: (_ withLoading: Bool) throws -> Double
    }

    func run() throws {
        let folder = NSTemporaryDirectory() + "avprep-bench-\(getpid())"
        try AtomicFile.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let clips = try PracticeShardSet.clips(files, videos: 16, in: folder)
        let threads = threads > 0 ? threads : AvailableProcessors.count
        var rows = [["network", "loading", "candidate", "clips/s", "avprep: times its clips/s"]]
        for network in Network.allCases where self.network ?? network.rawValue == network.rawValue {
            FileHandle.standardError.write(Data("\(network.rawValue)\n".utf8))
            let shards = try PracticeShardSet(
                clips, in: "\(folder)/\(network.rawValue)", codec: .jpeg, shortSide: network.shortSide)
            for precision in Engine.Precision.allCases
            where precision == .float32 || Engine.processorComputesBFloat16 {
                let candidates =
                    [own(network, precision, shards, threads)]
                    + (python == "none"
                        ? [] : ["contiguous", "channels-last"].map { torch(network, precision, $0, shards, threads) })
                for isLoading in [false, true] {
                    let rates = try best(of: candidates, isLoading)
                    for (candidate, rate) in zip(candidates, rates) {
                        rows.append([
                            network.rawValue, isLoading ? "with" : "without", candidate.name,
                            String(format: "%.2f", rate),
                            rate == rates[0] ? "" : String(format: "%.2f", rates[0] / rate),
                        ])
                    }
                }
            }
        }
        print(TextTable.text(rows))
    }

    private func best(of candidates: [Candidate], _ isLoading: Bool) throws -> [Double] {
        var rates = [Double](repeating: 0, count: candidates.count)
        for _ in 0..<max(1, repeats) {
            for (index, candidate) in candidates.enumerated() {
                let rate = try candidate.clipsPerSecond(isLoading)
                FileHandle.standardError.write(
                    Data(
                        String(format: "%@, %@ loading: %.2f\n", candidate.name, isLoading ? "with" : "without", rate)
                            .utf8))
                rates[index] = max(rates[index], rate)
            }
        }
        return rates
    }

    private func own(
        _ network: Network, _ precision: Engine.Precision, _ shards: PracticeShardSet, _ threads: Int
    ) -> Candidate {
        var settings = network.settings
        settings.threads = threads
        settings.loaderThreads = threads
        settings.precision = precision
        settings.device = .cpu
        return Candidate(name: "avprep \(precision.rawValue)") { [settings, seconds] isLoading in
            let probe = try PaceProbe(settings: settings, shards: shards.shards, learns: true)
            var start = ContinuousClock.now
            var steps = 0
            var pairs = 0
            let body: (Int) -> Bool = { count in
                steps += 1
                // The first two make what later ones use again.
                if steps == 2 { start = .now }
                if steps > 2 { pairs += count }
                return steps <= 2 || (ContinuousClock.now - start) / .seconds(1) < seconds
            }
            try isLoading ? probe.step(body) : probe.stepOnOneBatch(body)
            return Double(pairs) / ((ContinuousClock.now - start) / .seconds(1))
        }
    }

    private func torch(
        _ network: Network, _ precision: Engine.Precision, _ order: String, _ shards: PracticeShardSet, _ threads: Int
    ) -> Candidate {
        Candidate(name: "PyTorch \(precision.rawValue), \(order)") { [python, seconds] isLoading in
            struct Result: Decodable {
                let pairs: Double
                let seconds: Double
            }
            let process = Process()
            process.executableURL = URL(fileURLWithPath: python)
            process.arguments = [
                "Tests/Oracles/torch_step.py", shards.path, "easy", network.rawValue, order,
                isLoading ? "with" : "without", precision.rawValue, "\(threads)", "\(seconds)",
            ]
            let output = Pipe()
            process.standardOutput = output
            do { try process.run() } catch {
                throw Failure("cannot run \(python): \(error.localizedDescription); run `make bench-step`")
            }
            let data = output.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            guard process.terminationStatus == 0 else { throw Failure("PyTorch's steps failed") }
            let result = try JSONDecoder().decode(Result.self, from: data)
            return result.pairs / result.seconds
        }
    }
}
