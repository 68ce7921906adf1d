import AVPrepClips
import AVPrepCore
import AVPrepSettings
import AVPrepTraining
import AVPrepWorkspace
import ArgumentParser
import Foundation

/// How many pairs a second the trainer's loader reads, beside h5py with PyTorch's DataLoader, WebDataset and MosaicML
/// streaming on the same samples.
struct LoaderBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "loader", abstract: "Compare the trainer's loader with those of PyTorch's users.",
        discussion: """
            Without files a practice corpus is made. The candidates alternate; each row is the best of its turns, by pairs a
            second and by CPU time a pair. `make bench-loader` installs what the others need.
            """)

    @Argument(help: "Clips, of seconds rather than minutes.")
    var files: [String] = []

    @Option(help: "Videos of the practice corpus.")
    var videos = 24

    @Option(help: "Number of turns.")
    var repeats = 3

    @Option(help: "Epochs in which the loader's memory must not grow; 0 omits this.")
    var memoryEpochs = 10

    @Option(help: "The Python interpreter with the other loaders; `none` omits them.")
    var python = ".venv/bin/python"

    private static let batch = 16
    private static let cases: [(codec: FrameSettings.Codec, shortSide: Int, crop: Int)] = [
        (.raw, 128, 112), (.jpeg, 128, 112), (.jpeg, 256, 112), (.jpeg, 256, 224),
    ]

    func run() throws {
        let folder = NSTemporaryDirectory() + "avprep-bench-\(getpid())"
        try AtomicFile.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let clips = try PracticeShardSet.clips(files, videos: videos, in: folder)
        var rows = [
            [
                "pictures", "crop", "threads", "loader", "pairs/s", "CPU ms a pair", "avprep: times the pairs/s",
                "times the CPU",
            ]
        ]
        var memory: [[String]] = [["pictures", "crop", "MiB after epoch 1", "MiB after epoch \(memoryEpochs)"]]
        for (codec, shortSide, crop) in Self.cases {
            let name = "\(codec.rawValue) \(shortSide)"
            FileHandle.standardError.write(Data("\(name) → \(crop)\n".utf8))
            let work = "\(folder)/\(codec.rawValue)-\(shortSide)"
            if !FileManager.default.fileExists(atPath: work) {
                _ = try PracticeShardSet(clips, in: work, codec: codec, shortSide: shortSide)
            }
            for threads in [1, 2] {
                let measured = try measure(work: work, crop: crop, threads: threads)
                let own = measured[0]
                for (index, loader) in measured.enumerated() {
                    rows.append([
                        name, "\(crop)", "\(threads)", loader.name, String(format: "%.1f", loader.rate),
                        String(format: "%.2f", loader.cost * 1000),
                        index == 0 ? "" : String(format: "%.2f", own.rate / loader.rate),
                        index == 0 ? "" : String(format: "%.2f", loader.cost / own.cost),
                    ])
                }
            }
            if memoryEpochs > 1 {
                let (first, last) = try memoryOfEpochs(work: work, crop: crop)
                memory.append([name, "\(crop)", "\(first)", "\(last)"])
            }
        }
        print(TextTable.text(rows))
        if memoryEpochs > 1 { print("\n" + TextTable.text(memory)) }
    }

    /// A loader's best turns.
    private struct Measured {
        let name: String
        /// Pairs a second.
        var rate: Double
        /// CPU seconds a pair.
        var cost: Double
    }

    /// avprep first.
    private func measure(work: String, crop: Int, threads: Int) throws -> [Measured] {
        let probe = try probe(work: work, crop: crop, threads: threads)
        _ = try probe.load()
        var best: [Measured] = []
        for _ in 0..<max(1, repeats) {
            let (start, cpu) = (ContinuousClock.now, ProcessCost.cpuSeconds)
            let pairs = Double(try probe.load())
            let own = Measured(
                name: "avprep", rate: pairs / ((ContinuousClock.now - start) / .seconds(1)),
                cost: (ProcessCost.cpuSeconds - cpu) / pairs)
            let turn = [own] + (python == "none" ? [] : try others(work: work, crop: crop, threads: threads))
            best =
                best.isEmpty
                ? turn
                : zip(best, turn).map {
                    Measured(name: $0.name, rate: max($0.rate, $1.rate), cost: min($0.cost, $1.cost))
                }
        }
        return best
    }

    private func probe(work: String, crop: Int, threads: Int) throws -> PaceProbe {
        var settings = TrainSettings()
        settings.batchSize = Self.batch
        settings.loaderThreads = threads
        settings.model.cropSize = crop
        settings.model.frames = Int(PracticeShardSet.fps)
        settings.stages = [StageSettings(name: "easy", set: "easy", epochs: 1)]
        return try PaceProbe(settings: settings, shards: .init(work + "/shards"), learns: false)
    }

    private func memoryOfEpochs(work: String, crop: Int) throws -> (first: Int, last: Int) {
        let probe = try probe(work: work, crop: crop, threads: 2)
        ProcessCost.resetPeak()
        _ = try probe.load()
        let first = ProcessCost.peakMegabytes
        for _ in 1..<memoryEpochs { _ = try probe.load() }
        return (Int(first), Int(ProcessCost.peakMegabytes))
    }

    private func others(work: String, crop: Int, threads: Int) throws -> [Measured] {
        struct Result: Decodable {
            let name: String
            let seconds: Double
            let cpu_seconds: Double
            let pairs: Double
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = [
            "Tests/Oracles/loaders.py", work + "/shards", "easy", "\(crop)", "\(Self.batch)", "\(threads)", "1", work,
        ]
        let output = Pipe()
        process.standardOutput = output
        do { try process.run() } catch {
            throw Failure(
                "cannot run \(python): \(error.localizedDescription); run `make bench-loader`, or omit it with --python none"
            )
        }
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure("the other loaders failed") }
        return try JSONDecoder().decode([Result].self, from: data).map {
            Measured(name: $0.name, rate: $0.pairs / $0.seconds, cost: $0.cpu_seconds / $0.pairs)
        }
    }
}
