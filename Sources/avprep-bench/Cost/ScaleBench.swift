import AVPrepCatalog
import AVPrepCore
import AVPrepIngest
import AVPrepModel
import AVPrepPairs
import AVPrepPipeline
import AVPrepSettings
import AVPrepShard
import AVPrepStore
import AVPrepVision
import AVPrepWorkspace
import ArgumentParser
import Foundation

/// The cost of a corpus of a given size: a generated catalog, its shard plan and its pairs; and the disk space and CPU
/// time of its media, from the measured cost per second of video.
struct ScaleBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scale", abstract: "Measure catalog, plan and pairs at the size of Kinetics and of AudioSet.")

    @Option(help: "Corpus sizes in videos. Kinetics: 230000, AudioSet: 1800000.")
    var videos = [23_000, 230_000, 1_800_000]

    @Flag(help: "Skip ingesting clips, and with it disk space and CPU time of media.")
    var skipMedia = false

    @Argument(help: "Clips whose cost per second is used for the corpora; without any, practice clips are made.")
    var files: [String] = []

    private static let key = "scale"

    func run() throws {
        let folder = NSTemporaryDirectory() + "avprep-bench-\(getpid())"
        try AtomicFile.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var rows = [["videos", "list", "identify", "record", "status", "plan", "1 M pairs", "their memory"]]
        for count in videos { rows.append(try measure(count, in: "\(folder)/\(count)")) }
        print(TextTable.text(rows))
        print(
            "list, identify, record and plan: microseconds per video. status: milliseconds. 1 M pairs: seconds, and peak MiB meanwhile."
        )
        if !skipMedia { print(try media(in: folder)) }
    }

    private func measure(_ count: Int, in folder: String) throws -> [String] {
        var settings = PipelineSettings()
        settings.corpus.paths = [folder]
        let workspace = Workspace(folder: folder, settings: settings)
        try AtomicFile.makeFolder(folder)
        let key = try settings.ingest.key
        let catalog = try Catalog(path: workspace.catalog)
        let run = try catalog.beginRun("ingest")
        let list = try seconds {
            _ = try catalog.list(
                (0..<count).lazy.map {
                    ListedFile(path: Self.path($0), size: 1_000_000, modifiedNanoseconds: Int64($0))
                }, run: run, scope: .everything)
        }
        let identify = try seconds {
            // As many at a time as in ingest.
            for first in stride(from: 0, to: count, by: 64) {
                try catalog.setVideoIDs((first..<min(first + 64, count)).map { (Self.videoID($0), Self.path($0)) })
            }
        }
        let record = try seconds {
            for first in stride(from: 0, to: count, by: 1000) {
                try catalog.record(
                    (first..<min(first + 1000, count)).map { (Self.outcome($0, key), Self.decided($0)) },
                    policyKey: settings.ingest.policyKey)
            }
        }
        try catalog.endRun(run, .done)
        var status = Double.infinity
        for _ in 0..<3 { status = min(status, try seconds { _ = try StatusReport.make(workspace) }) }
        let plan = try planSeconds(count)
        ProcessCost.resetPeak()
        let pairs = try seconds { try drawMillion(count) }
        let peak = ProcessCost.peakMegabytes
        func micro(_ seconds: Double) -> String { String(format: "%.1f", seconds / Double(count) * 1e6) }
        return [
            String(count), micro(list), micro(identify), micro(record), String(format: "%.0f", status * 1e3),
            micro(plan),
            String(format: "%.1f", pairs), String(format: "%.0f", peak),
        ]
    }

    private func planSeconds(_ count: Int) throws -> Double {
        let videos = (0..<count).map {
            ShardPlan.Video(videoID: Self.videoID($0), path: Self.path($0).escaped, bytes: 4 << 20)
        }
        return seconds { _ = ShardPlan(videos: videos, settings: ShardSettings(), seed: 1) }
    }

    private static func path(_ number: Int) -> BytePath { "folder-\(number / 1000)/video-\(number).mp4" }

    private static func videoID(_ number: Int) -> String { String(SHA256.digest(of: "\(number)").hex.prefix(32)) }

    /// One in ten is skipped, one in fifty fails.
    private static func outcome(_ number: Int, _ key: String) -> OutcomeRecord {
        let outcome: Outcome =
            number % 10 == 0
            ? .skipped(Outcome.Reason("no-audio", "it has no sound"))
            : number % 50 == 1 ? .failed(Outcome.Reason("corrupt", "it does not decode")) : .done
        return OutcomeRecord(subject: path(number), stage: "ingest", settingsKey: key, outcome: outcome, output: "x.h5")
    }

    /// Two segments, one of which carries three flags and is dropped in every fifth video.
    private static func decided(_ number: Int) -> [DecidedSegment] {
        guard number % 10 != 0, number % 50 != 1 else { return [] }
        let verdict = number % 5 == 0 ? "dropped" : "kept"
        let flags = [("silent", verdict), ("pan", "kept"), ("fade", "kept")].map {
            DecidedSegment.Flag(flag: $0, verdict: $1, measure: "pan_speed", value: 0.25, threshold: 0.125)
        }
        return [
            DecidedSegment(number: 0, frames: 250, verdict: verdict, flags: flags),
            DecidedSegment(number: 1, frames: 100, verdict: "kept", flags: []),
        ]
    }

    /// A million pairs from shards of 250 videos of one ten-second segment, the content of a shard of 1 GiB.
    private func drawMillion(_ count: Int) throws {
        var settings = PairSettings()
        settings.pairsPerSegment = max(2, Int((1_000_000 / Double(count)).rounded(.up)))
        guard let mixed = try settings.definitions(seed: 1).first(where: { $0.name == "mixed" }) else { return }
        var drawn = 0
        for first in stride(from: 0, to: count, by: 250) where drawn < 1_000_000 {
            let sources = (first..<min(first + 250, count)).map { number in
                PairSource(
                    row: Int32(number - first), segmentID: "\(number)-0000", videoID: String(number),
                    group: String(number), startSeconds: 0, soundSeconds: 10, frameCount: 250, fps: 25)
            }
            guard sources.count > 1 else { continue }
            let sampler = try PairSampler(sources, settings: settings, shard: "train-\(first)", seed: 1)
            drawn += try sampler.draw(mixed.plan).pairs.count
        }
        guard drawn >= 1_000_000 || count < 1000 else { throw Failure("only \(drawn) pairs of \(count) videos") }
    }

    private func seconds(_ body: () throws -> Void) rethrows -> Double {
        let start = ContinuousClock.now
        try body()
        return (ContinuousClock.now - start) / .seconds(1)
    }

    // MARK: - Media

    /// The cost of a second of video.
    private struct SecondCost {
        let ingest: Double
        let shard: Double
        let prepared: Double
        let shards: Double
    }

    /// Disk space and CPU time per second of video, and of whole corpora of ten-second clips.
    private func media(in folder: String) throws -> String {
        let isMade = files.isEmpty
        var rows = [["settings", "ingest", "shard", "prepared", "shards"]]
        var corpora = [["corpus", "settings", "videos", "hours", "ingest", "shard", "prepared", "shards"]]
        let clips = isMade ? try PracticeClips.make(in: folder) : files.map { URL(fileURLWithPath: $0).path }
        for (name, isLight) in [("default", false), ("without flow", true)] {
            var settings = PipelineSettings()
            settings.workers = 1
            settings.corpus.paths = clips
            if isLight { settings.ingest.flow.method = .off }
            let cost = try measure(settings, in: "\(folder)/media-\(isLight)")
            rows.append([
                name, String(format: "%.3f CPU s", cost.ingest), String(format: "%.4f CPU s", cost.shard),
                String(format: "%.3f MB", cost.prepared / 1e6), String(format: "%.3f MB", cost.shards / 1e6),
            ])
            for (corpus, videos) in [("Kinetics", 230_000.0), ("AudioSet", 1_800_000)] {
                let seconds = videos * 10
                corpora.append([
                    corpus, name, String(Int(videos)), String(Int(seconds / 3600)),
                    String(format: "%.1f core days", cost.ingest * seconds / 86_400),
                    String(format: "%.1f core hours", cost.shard * seconds / 3600),
                    String(format: "%.2f TB", cost.prepared * seconds / 1e12),
                    String(format: "%.2f TB", cost.shards * seconds / 1e12),
                ])
            }
        }
        let what = isMade ? "640 × 360, generated" : "\(clips.count) files given"
        return "\nper second of video (\(what); stored with short side 256):\n" + TextTable.text(rows)
            + "\n\ncorpora of ten-second clips:\n" + TextTable.text(corpora)
    }

    private func measure(_ settings: PipelineSettings, in folder: String) throws -> SecondCost {
        let workspace = Workspace(folder: folder, settings: settings)
        var start = ProcessCost.cpuSeconds
        let report = try IngestStage.run(workspace, StageContext())
        let ingest = ProcessCost.cpuSeconds - start
        guard report.counts.done > 0 else { throw Failure(report.text) }
        start = ProcessCost.cpuSeconds
        let index = try ShardStage.run(workspace, StageContext()).index
        let shard = ProcessCost.cpuSeconds - start
        let seconds = index.splits.values.reduce(0) { $0 + $1.seconds }
        let pairBytes = try index.pairFiles.keys.reduce(0) { $0 + (try Self.size("\(workspace.shards)/\($1)")) }
        return SecondCost(
            ingest: ingest / seconds, shard: shard / seconds,
            prepared: Double(try Self.sizes(below: workspace.prepared)) / seconds,
            shards: Double(index.shards.reduce(pairBytes) { $0 + $1.bytes }) / seconds)
    }

    private static func size(_ path: String) throws -> Int {
        var status = stat()
        guard stat(path, &status) == 0 else { throw Failure("cannot read \(path): \(systemError())") }
        return Int(status.st_size)
    }

    private static func sizes(below folder: String) throws -> Int {
        try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix(".h5") }.reduce(0) {
            $0 + (try size("\(folder)/\($1)"))
        }
    }
}
