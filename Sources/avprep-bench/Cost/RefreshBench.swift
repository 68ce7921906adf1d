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

/// What it costs to find nothing to do: a folder tree of empty files that are all known, with a file for each of their prepared
/// files, refreshed again.
struct RefreshBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refresh", abstract: "Measure a refresh that finds nothing to do, by the size of the corpus.",
        discussion: """
            Files and prepared files are empty. With --shards, prepared files are those of one practice clip under other ids, \
            and they are packed first. Example:

              avprep-bench refresh --videos 1800000
            """)

    @Option(help: "Corpus sizes in videos.")
    var videos = [100_000]

    @Flag(help: "With shards and pair sets, too: it takes a few milliseconds a video to make them.")
    var shards = false

    @Option(help: "An empty folder to work in; its disk gets two files a video, and with --shards 100 kB.")
    var folder: String?

    @Flag(help: "Go on with what an earlier call left in --folder.")
    var again = false

    func run() throws {
        let folder = self.folder ?? NSTemporaryDirectory() + "avprep-bench-\(getpid())"
        try AtomicFile.makeFolder(folder)
        defer { if self.folder == nil { try? FileManager.default.removeItem(atPath: folder) } }
        var rows = [["videos", "shards", "first", "again", "peak MiB", "status"]]
        for count in videos {
            let corpus = "\(folder)/\(count)"
            let workspace = Workspace(folder: corpus, settings: settings())
            if !again {
                try make(count, workspace, shards ? try RefreshSample(in: "\(folder)/sample", workspace.settings) : nil)
            }
            var made = "none"
            if shards {
                let report = try ShardStage.run(workspace, StageContext())
                made = String(report.index.shards.count)
            }
            var times: [Double] = []
            ProcessCost.resetPeak()
            for _ in 0..<2 {
                let begin = ContinuousClock.now
                let report =
                    shards
                    ? try RefreshStage.run(workspace, StageContext()).ingest
                    : try IngestStage.run(workspace, StageContext())
                times.append((ContinuousClock.now - begin).inSeconds)
                guard report.change.text == "nothing new", report.counts.done == count else {
                    throw Failure(
                        "the refresh was not idle: \(report.change.text), \(report.counts.done) of \(count) done")
                }
            }
            let peak = ProcessCost.peakMegabytes
            let begin = ContinuousClock.now
            _ = try StatusReport.make(workspace)
            let status = (ContinuousClock.now - begin).inSeconds
            rows.append([
                String(count), made, String(format: "%.1f s", times[0]), String(format: "%.1f s", times[1]),
                String(format: "%.0f", peak), String(format: "%.0f ms", status * 1e3),
            ])
        }
        print(TextTable.text(rows))
    }

    private func settings() -> PipelineSettings {
        var settings = PipelineSettings()
        settings.corpus.paths = ["videos"]
        guard shards else { return settings }
        settings.ingest.flow.method = .off
        settings.ingest.video.fps = 5
        settings.ingest.video.shortSide = 32
        settings.ingest.pcm.sampleRate = 0
        settings.shard.pairs.pairsPerSegment = 1
        return settings
    }

    /// Files, prepared files, and a catalog that knows all of them.
    private func make(_ count: Int, _ workspace: Workspace, _ sample: RefreshSample?) throws {
        let key = try workspace.settings.ingest.key
        try AtomicFile.makeFolder(workspace.folder)
        var listed: [ListedFile] = []
        for number in 0..<count {
            if number % 1000 == 0 { try AtomicFile.makeFolder(workspace.path("videos/folder-\(number / 1000)")) }
            let name: BytePath = "videos/folder-\(number / 1000)/video-\(number).mp4"
            let status = try Self.touch(workspace.path("\(name)"))
            listed.append(
                ListedFile(
                    path: name, size: 0,
                    modifiedNanoseconds: Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec),
                    root: CorpusRoot("videos", .folder)))
        }
        for first in 0..<256 {
            try AtomicFile.makeFolder(workspace.path("prepared/" + String(format: "%02x", first)))
        }
        let catalog = try Catalog(path: workspace.catalog)
        let run = try catalog.beginRun(StageName.ingest)
        _ = try catalog.list(listed, run: run, scope: .everything)
        for first in stride(from: 0, to: count, by: Self.batch) {
            let numbers = first..<min(first + Self.batch, count)
            let notes = try numbers.map { number in
                let (file, video) = (listed[number], Self.videoID(number))
                let output = PreparedPath.path(video: video, key: key, in: "prepared")
                let bytes = try sample?.write(workspace.path(output), video: video, source: file.path) ?? 0
                if sample == nil { _ = try Self.touch(workspace.path(output)) }
                var notes = ItemNotes(
                    path: file.path, size: file.size, modifiedNanoseconds: file.modifiedNanoseconds, videoID: video)
                var result = try ItemNotes.Result(
                    settingsKey: key, policyKey: workspace.settings.ingest.policyKey, .done)
                (result.output, result.outputBytes) = (output, bytes)
                result.decided =
                    sample?.decided ?? [DecidedSegment(number: 0, frames: 250, verdict: "kept", flags: [])]
                // As long as that of ten seconds, and similar to no other.
                result.fingerprint = Data(count: 400)
                notes.result = result
                return notes
            }
            try catalog.note(notes, stage: StageName.ingest)
        }
        try catalog.endRun(run, .done)
        try catalog.close()
    }

    /// Ids are in no order: each transaction writes pages everywhere in the catalog.
    private static let batch = 100_000

    private static func touch(_ path: String) throws -> stat {
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw Failure("cannot make \(path): \(systemError())") }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw Failure("cannot look at \(path): \(systemError())") }
        return status
    }

    private static func videoID(_ number: Int) -> String { String(SHA256.digest(of: "\(number)").hex.prefix(32)) }
}

/// The prepared file of a practice clip, to be written again under other ids.
private struct RefreshSample {
    let decided: [DecidedSegment]
    private let layout: StoreLayout
    private let attributes: [String: AttributeValue]
    private let segment: SegmentData

    init(in folder: String, _ settings: PipelineSettings) throws {
        var settings = settings
        settings.corpus.paths = [try PracticeClips.make(in: folder)[0]]
        let workspace = Workspace(folder: folder, settings: settings)
        let report = try IngestStage.run(workspace, StageContext())
        let catalog = try Catalog(path: workspace.catalog)
        guard let output = try catalog.outcomes(stage: StageName.ingest, status: "done").first?.output else {
            throw Failure(report.text)
        }
        let reader = try StoreReader(path: workspace.path(output))
        // What the writer writes itself is not given to it.
        attributes = reader.attributes.filter { !StoreFormat.reservedAttributes.contains($0.key) }
        (layout, segment) = (reader.layout, try reader.segmentData(0))
        decided = [DecidedSegment(number: 0, frames: segment.segment.frameCount, verdict: "kept", flags: [])]
    }

    /// - Returns: its size in bytes.
    func write(_ path: String, video: String, source: BytePath) throws -> Int64 {
        var data = segment
        data.segment.videoID = video
        data.segment.segmentID = Segment.id(video: video, number: 0)
        data.segment.source = source.escaped
        // Not by AtomicFile: a flush each would take longer than all else.
        let writer = try PreparedFileWriter(path: path, layout: layout, attributes: attributes)
        try writer.append(data)
        try writer.finish()
        var status = stat()
        guard stat(path, &status) == 0 else { throw Failure("cannot look at \(path): \(systemError())") }
        return Int64(status.st_size)
    }
}
