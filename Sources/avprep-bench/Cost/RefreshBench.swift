import AVPrepCatalog
import AVPrepCore
import AVPrepIngest
import AVPrepModel
import AVPrepPipeline
import AVPrepSettings
import AVPrepStore
import AVPrepWorkspace
import ArgumentParser
import Foundation

/// What it costs to find nothing to do: a folder tree of empty files that are all known, with an empty file for each of their
/// prepared files, refreshed again. What stands for shards is named in the table's notes.
struct RefreshBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refresh", abstract: "Measure a refresh that finds nothing to do, by the size of the corpus.")

    @Option(help: "Corpus sizes in videos.")
    var videos = [100_000]

    @Option(help: "An empty folder to work in; its disk gets two empty files a video.")
    var folder: String?

    @Flag(help: "Go on with what an earlier call left in --folder.")
    var again = false

    func run() throws {
        let folder = self.folder ?? NSTemporaryDirectory() + "avprep-bench-\(getpid())"
        try AtomicFile.makeFolder(folder)
        defer { if self.folder == nil { try? FileManager.default.removeItem(atPath: folder) } }
        var rows = [["videos", "first", "again", "peak MiB", "status"]]
        for count in videos {
            let corpus = "\(folder)/\(count)"
            let workspace = Workspace(folder: corpus, settings: settings())
            if !again { try make(count, workspace) }
            var times: [Double] = []
            ProcessCost.resetPeak()
            for _ in 0..<2 {
                let begin = ContinuousClock.now
                let report = try IngestStage.run(workspace, StageContext())
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
                String(count), String(format: "%.1f s", times[0]), String(format: "%.1f s", times[1]),
                String(format: "%.0f", peak), String(format: "%.0f ms", status * 1e3),
            ])
        }
        print(TextTable.text(rows))
    }

    private func settings() -> PipelineSettings {
        var settings = PipelineSettings()
        settings.corpus.paths = ["videos"]
        return settings
    }

    /// Files, prepared files, and a catalog that knows all of them.
    private func make(_ count: Int, _ workspace: Workspace) throws {
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
        _ = try catalog.list(listed, run: run)
        _ = try catalog.endListing(run: run, scope: .everything)
        for first in stride(from: 0, to: count, by: 10_000) {
            let numbers = first..<min(first + 10_000, count)
            try catalog.setVideoIDs(numbers.map { (Self.videoID($0), listed[$0].path) })
            let records = try numbers.map { number in
                let output = PreparedPath.path(video: Self.videoID(number), key: key, in: "prepared")
                _ = try Self.touch(workspace.path(output))
                return OutcomeRecord(
                    subject: listed[number].path, stage: StageName.ingest, settingsKey: key, outcome: .done,
                    output: output, outputBytes: 0)
            }
            try catalog.record(
                records.map { ($0, [DecidedSegment(number: 0, frames: 250, verdict: "kept", flags: [])]) },
                policyKey: workspace.settings.ingest.policyKey)
        }
        try catalog.endRun(run, .done)
        try catalog.close()
    }

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
