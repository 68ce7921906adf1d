import AVPrepCatalog
import AVPrepCore
import AVPrepModel
import AVPrepSynth
import Foundation
import TestSupport

/// Damaged media files, ingested in batches by the real program.
struct MediaFuzz {
    /// One damaged file.
    struct Case {
        let number: Int
        let source: String
        let steps: [String]
        let bytes: [UInt8]

        /// The file's name in a corpus; the ending tells libavformat nothing that its content does not.
        var name: String {
            let ending = (source as NSString).pathExtension
            return "case-" + String(String(number + 100_000).dropFirst()) + "." + (ending.isEmpty ? "bin" : ending)
        }
    }

    /// What a batch came to.
    struct BatchResult {
        /// In words, what no batch may do; empty when all is well.
        var faults: [String] = []
        /// Items by `status` or `status: code`.
        var outcomes: [String: Int] = [:]
        /// Files that brought down, or held up, the process that decoded them, with the reason that was recorded. That
        /// process is there for it; which file it was is worth knowing all the same.
        var breaches: [String] = []
        var seconds = 0.0
        var peakMegabytes = 0.0
    }

    /// Bytes of a source that are used: longer ones are cut, which is one more damage.
    private static let longestSource = 300_000
    /// Sources that are small enough for a short run.
    private static let smallSource = 120_000
    /// A batch may take so long, in seconds: a hang, since each file has a far smaller limit.
    static let deadline = 120.0
    /// Resident memory of one avprep process, in MiB.
    static let memoryLimit = 1024.0
    /// Wall-clock limit of one file in seconds, beside the consumer's own work.
    private static let secondsPerFile = 20

    let seed: UInt64
    let sources: [(name: String, bytes: [UInt8])]
    let folder: String

    /// - Parameters:
    ///   - folder: an empty one to work in.
    ///   - seed: determines every case.
    ///   - isShort: takes small files only, which are most of them.
    init(in folder: String, seed: UInt64, isShort: Bool) throws {
        self.folder = folder
        self.seed = seed
        // In an order of the seed's own, so that a short run takes of all kinds.
        var random = SeededRandom(seed: seed, for: "sources")
        sources = random.shuffled(try Self.sources(folder, limit: isShort ? Self.smallSource : .max))
    }

    /// The files of the shared data, or clips made for the purpose where there are none.
    private static func sources(_ folder: String, limit: Int) throws -> [(name: String, bytes: [UInt8])] {
        var paths = SharedData.files(in: "odd-media") + SharedData.files(in: "real-av")
        if paths.isEmpty {
            var synth = SynthSettings()
            synth.videos = 4
            synth.seconds = 2
            synth.width = 96
            synth.height = 64
            try SynthCorpus.make(synth, in: folder + "/sources", workers: 2)
            paths = try FileManager.default.contentsOfDirectory(atPath: folder + "/sources").sorted()
                .filter { $0.hasSuffix(".mp4") }.map { "\(folder)/sources/\($0)" }
        }
        return paths.compactMap { path in
            var status = stat()
            guard stat(path, &status) == 0, status.st_size <= limit, let file = FileHandle(forReadingAtPath: path),
                let data = try? file.read(upToCount: longestSource), data.count > 16
            else { return nil }
            return ((path as NSString).lastPathComponent, [UInt8](data))
        }
    }

    /// Case `number`: any number of cases can be made again one by one.
    func makeCase(_ number: Int) -> Case {
        var random = SeededRandom(seed: seed, for: "case \(number)")
        // Every source comes as often as every other one.
        let source = sources[number % sources.count]
        var bytes = source.bytes
        var mutator = MediaMutator(seed: random.next())
        let steps = mutator.mutate(&bytes)
        return Case(number: number, source: source.name, steps: steps, bytes: bytes)
    }

    /// Ingests cases together and looks at what became of them.
    func run(_ cases: [Case]) throws -> BatchResult {
        let place = folder + "/batch"
        try? FileManager.default.removeItem(atPath: place)
        try FileManager.default.createDirectory(atPath: place + "/videos", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: place) }
        try Data(Self.pipeline.utf8).write(to: URL(fileURLWithPath: place + "/avprep.yaml"))
        try Data(cases.map { "videos/\($0.name)\n" }.joined().utf8)
            .write(to: URL(fileURLWithPath: place + "/list.txt"))
        for one in cases { try Data(one.bytes).write(to: URL(fileURLWithPath: "\(place)/videos/\(one.name)")) }
        let run = try MeasuredCommand.run(Products.avprep, ["ingest", "-q"], in: place, deadline: Self.deadline)
        var result = BatchResult(seconds: run.seconds, peakMegabytes: run.peakMegabytes)
        if run.isOverdue {
            result.faults.append("hangs: killed after \(Int(run.seconds)) s")
            return result
        }
        if let signal = run.signal {
            result.faults.append("crashes with signal \(signal): \(run.standardError.suffix(400))")
            return result
        }
        if run.status != 0 && run.status != 2 {
            result.faults.append("ends with \(run.status ?? -1): \(run.standardError.prefix(400))")
        }
        if run.peakMegabytes > Self.memoryLimit {
            result.faults.append("takes \(Int(run.peakMegabytes)) MiB")
        }
        try look(at: cases, in: place, &result)
        return result
    }

    /// Every case must have one outcome, with a reason that names it where it is not done.
    private func look(at cases: [Case], in place: String, _ result: inout BatchResult) throws {
        let catalog = try Catalog(path: place + "/catalog.sqlite", access: .readOnly)
        try catalog.checkCounts()
        let outcomes = try catalog.outcomes(stage: "ingest")
        let missing = Set(cases.map { "videos/\($0.name)" }).subtracting(outcomes.map(\.subject.escaped))
        if !missing.isEmpty { result.faults.append("no outcome for \(missing.sorted().joined(separator: ", "))") }
        if outcomes.count != cases.count { result.faults.append("\(outcomes.count) outcomes of \(cases.count) files") }
        for record in outcomes {
            let reason = record.outcome.reason
            result.outcomes[
                ([record.outcome.status] + [reason?.code].compactMap(\.self)).joined(separator: ": "), default: 0] += 1
            guard let reason else { continue }
            if ["crashed", "time-limit", "memory-limit", "untrustworthy"].contains(reason.code) {
                result.breaches.append(reason.detail)
            }
            let file = (record.subject.escaped as NSString).lastPathComponent
            if !reason.detail.contains(file) || reason.detail.contains("\n") || reason.detail.count > 1500 {
                result.faults.append("no proper reason for \(file): \(reason.detail.prefix(300))")
            }
        }
        let litter =
            FileManager.default.enumerator(atPath: place)?.compactMap { $0 as? String }
            .filter { $0.contains(AtomicFile.mark) } ?? []
        if !litter.isEmpty { result.faults.append("leaves \(litter)") }
    }

    /// Small pictures at few frames a second: damage is met in reading and decoding.
    private static let pipeline = """
        workers: 2
        corpus: {paths: [list.txt]}
        ingest:
          segment_seconds: 4
          min_segment_seconds: 0.25
          video: {fps: 8, short_side: 32}
          pcm: {sr: 0}
          spectrograms: [{name: mel}]
          flow: {preset: ultrafast}
          limits: {max_seconds: \(secondsPerFile)}
        """

    /// Keeps a case that went wrong, with what was done to it and how to make it again.
    func save(_ one: Case, _ faults: [String], to folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(one.bytes).write(to: URL(fileURLWithPath: "\(folder)/\(seed)-\(one.name)"))
        let recipe = """
            source: \(one.source)
            damage: \(one.steps.joined(separator: "; "))
            again:  make fuzz FUZZ_SEED=\(seed) FUZZ_FIRST=\(one.number) FUZZ_CASES=1
            \(faults.joined(separator: "\n"))

            """
        try Data(recipe.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(seed)-\(one.name).txt"))
    }
}
