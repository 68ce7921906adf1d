import AVPrepCore
import AVPrepModel
import AVPrepStore
import AVPrepWorkspace
import ArgumentParser
import Foundation

/// The speed of packing shards, compared with `cp` of the same prepared files: both flushed to disk at the end,
/// alternating in one run. Packing does more: it computes the layout, and the SHA-256 for the index.
struct PackBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pack",
        abstract: "Compare packing shards with copying the same bytes by cp.",
        discussion: """
            Prepared files of the default layout and a realistic size are made of random bytes. Cold: their pages are \
            dropped from the cache before each turn; warm: they have been read. Both candidates end with fsync. Ratios \
            are of the median times; above 1, packing is faster.
            """)

    @Option(help: "Prepared files of ten seconds each, about 7 MB.")
    var videos = 60

    @Option(help: "Shard size in MiB.")
    var shardMegabytes = 128

    @Option(help: "Shards packed at a time; 0: one per core.")
    var workers = 0

    @Option(help: "Turns of each candidate, cold and warm.")
    var repeats = 5

    @Option(help: "The working folder, on the disk to be measured.")
    var folder = NSTemporaryDirectory()

    func run() throws {
        let place = "\(folder)/avprep-bench-\(getpid())"
        try AtomicFile.makeFolder("\(place)/prepared")
        defer { try? FileManager.default.removeItem(atPath: place) }
        let files = try (0..<videos).map { try PreparedSample(number: $0).write(to: "\(place)/prepared") }
        let bytes = try files.reduce(0) { $0 + (try Self.size($1)) }
        var rows = [["source", "candidate", "median s", "MB/s", "CPU s", "relative to cp"]]
        for isCold in [true, false] {
            var times: [String: [Double]] = [:]
            var costs: [String: [Double]] = [:]
            for turn in 0..<max(1, repeats) {
                for name in turn % 2 == 0 ? ["cp", "pack"] : ["pack", "cp"] {
                    let target = "\(place)/\(name)"
                    try AtomicFile.makeFolder(target)
                    for file in files { try Self.settle(file, isCold: isCold) }
                    let cpu = ProcessCost.cpuSeconds
                    let start = ContinuousClock.now
                    if name == "cp" { try copy(files, to: target) } else { try pack(files, to: target) }
                    times[name, default: []].append((ContinuousClock.now - start) / .seconds(1))
                    costs[name, default: []].append(ProcessCost.cpuSeconds - cpu)
                    try FileManager.default.removeItem(atPath: target)
                }
            }
            let copied = Self.median(times["cp"] ?? [])
            for name in ["cp", "pack"] {
                let time = Self.median(times[name] ?? [])
                rows.append([
                    isCold ? "cold" : "warm", name, String(format: "%.2f", time),
                    String(format: "%.0f", Double(bytes) / 1e6 / time),
                    String(format: "%.2f", Self.median(costs[name] ?? [])), String(format: "%.2f", copied / time),
                ])
            }
        }
        print("\(videos) prepared files, \(bytes / 1_000_000) MB, \(workerCount) shards at a time")
        print(TextTable.text(rows))
    }

    private var workerCount: Int { workers > 0 ? workers : ProcessInfo.processInfo.activeProcessorCount }

    // MARK: - Candidates

    private func copy(_ files: [String], to folder: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/cp")
        process.arguments = files + [folder]
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure("cp failed with status \(process.terminationStatus)")
        }
        for file in files { try Self.flush("\(folder)/\((file as NSString).lastPathComponent)") }
    }

    /// As in `avprep shard`: the pool packs shard after shard, each with its index entry and SHA-256.
    private func pack(_ files: [String], to folder: String) throws {
        var shards: [[String]] = [[]]
        var filled = 0
        for file in files {
            let size = try Self.size(file)
            if filled + size > shardMegabytes << 20, !shards[shards.count - 1].isEmpty {
                shards.append([])
                filled = 0
            }
            shards[shards.count - 1].append(file)
            filled += size
        }
        try WorkerPool.run(Array(shards.enumerated()), workers: workerCount) { number, files in
            let path = "\(folder)/train-0000\(number).h5"
            let digest = try AtomicFile.write(to: path) { temporary in
                try ShardPacker.pack(
                    files.map { ShardPart(path: $0, rows: [0], split: .train) }, to: temporary,
                    pairsFile: PairFile.name(forShard: "train-0000\(number).h5"), attributes: ["seed": .int(1)])
            }
            _ = try ShardIndex.Shard(path: path, split: .train, sha256: digest.hex)
        }
    }

    // MARK: - Files

    private static func size(_ path: String) throws -> Int {
        var status = stat()
        guard stat(path, &status) == 0 else { throw Failure("cannot read \(path): \(systemError())") }
        return Int(status.st_size)
    }

    private static func flush(_ path: String) throws {
        let file = open(path, O_RDWR | O_CLOEXEC)
        guard file >= 0 else { throw Failure("cannot open \(path): \(systemError())") }
        defer { close(file) }
        guard fsync(file) == 0 else { throw Failure("cannot flush \(path): \(systemError())") }
    }

    /// Drops the file from the page cache, or loads it.
    private static func settle(_ path: String, isCold: Bool) throws {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Failure("cannot open \(path): \(systemError())") }
        defer { close(file) }
        if isCold {
            posix_fadvise(file, 0, 0, Int32(POSIX_FADV_DONTNEED))
        } else {
            _ = try SHA256.digest(ofFile: path)
        }
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return sorted.isEmpty ? .nan : (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
}

/// A prepared file of one ten-second segment of the default layout, of random bytes in pictures of realistic size.
private struct PreparedSample {
    let number: Int

    func write(to folder: String) throws -> String {
        let layout = StoreLayout(
            fps: 25, frameCodec: .jpeg, frameQuality: 90,
            flow: .init(
                directions: [.forward], codec: .jpeg, quality: 90, method: "dis", preset: "medium", bound: 20, fps: 25,
                quantisation: "bench"),
            hasMotion: true,
            spectrograms: [
                .init(name: "mel", bins: 40, framesPerSecond: 100, storedType: .float32),
                .init(name: "logspec", bins: 257, framesPerSecond: 100, storedType: .float16),
            ])
        var random = SeededRandom(seed: UInt64(number))
        func pictures(_ count: Int, bytes: Int) -> PictureSequence {
            var sequence = PictureSequence()
            for _ in 0..<count {
                let size = bytes / 2 + random.below(bytes)
                let content = (0..<size / 8 + 1).map { _ in random.next() }
                content.withUnsafeBytes { sequence.append($0) }
            }
            return sequence
        }
        let video = String(SHA256.digest(of: "\(number)").hex.prefix(32))
        let path = "\(folder)/\(video).h5"
        let data = SegmentData(
            segment: Segment(
                segmentID: Segment.id(video: video, number: 0), videoID: video, source: "\(number).mp4",
                startSeconds: 0, frameCount: 250, width: 456, height: 256),
            frames: pictures(250, bytes: 18_000), flow: [.forward: pictures(249, bytes: 6000)],
            motion: Array(repeating: .unknown, count: 250),
            spectrograms: [
                "mel": (0..<1000 * 40).map { Float($0 % 97) }, "logspec": (0..<1000 * 257).map { Float($0 % 89) },
            ])
        try AtomicFile.write(to: path) { temporary in
            let writer = try PreparedFileWriter(path: temporary, layout: layout, attributes: [:])
            try writer.append(data)
            try writer.finish()
        }
        return path
    }
}
