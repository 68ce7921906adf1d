import AVPrepCatalog
import AVPrepCore
import AVPrepIngest
import AVPrepModel
import AVPrepSettings
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

/// What an ingest costs that finds nothing to do grows no faster than the corpus. `make refresh-bench` measures large ones.
@Suite(.serialized) struct IdleRefreshTests {
    /// Empty files that are all known, with an empty file for each prepared file.
    private func corpus(_ count: Int, in folder: String) throws -> Workspace {
        var settings = PipelineSettings()
        settings.corpus.paths = ["videos"]
        settings.workers = 1
        let workspace = Workspace(folder: folder, settings: settings)
        let key = try settings.ingest.key
        func touch(_ path: String) throws -> Int64 {
            let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
            try #require(file >= 0)
            defer { close(file) }
            var status = stat()
            #expect(fstat(file, &status) == 0)
            return Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        }
        try AtomicFile.makeFolder("\(folder)/videos")
        try AtomicFile.makeFolder("\(folder)/prepared/00")
        let catalog = try Catalog(path: workspace.catalog)
        let run = try catalog.beginRun(StageName.ingest)
        let paths = (0..<count).map { BytePath("videos/\($0).mp4") }
        _ = try catalog.list(
            paths.map {
                ListedFile(
                    path: $0, size: 0, modifiedNanoseconds: try touch("\(folder)/\($0)"),
                    root: CorpusRoot("videos", .folder))
            }, run: run, scope: .everything)
        try catalog.setVideoIDs(paths.enumerated().map { (String(format: "%032x", $0.offset), $0.element) })
        try catalog.record(
            paths.enumerated().map { number, path in
                let output = "prepared/00/\(number).h5"
                _ = try touch("\(folder)/\(output)")
                let record = OutcomeRecord(
                    subject: path, stage: StageName.ingest, settingsKey: key, outcome: .done, output: output)
                return (record, [DecidedSegment(number: 0, frames: 25, verdict: "kept", flags: [])])
            }, policyKey: settings.ingest.policyKey)
        try catalog.endRun(run, .done)
        return workspace
    }

    private func seconds(_ workspace: Workspace, expecting count: Int) throws -> Double {
        var best = Double.infinity
        for _ in 0..<3 {
            let begin = ContinuousClock.now
            let report = try IngestStage.run(workspace, StageContext())
            best = min(best, (ContinuousClock.now - begin) / .seconds(1))
            #expect(report.change.text == "nothing new" && report.counts.done == count)
        }
        return best
    }

    @Test func eightTimesTheCorpusCostsNoMoreThanSixteenTimes() throws {
        try withTemporaryFolder { folder in
            let small = try seconds(try corpus(500, in: "\(folder)/small"), expecting: 500)
            let large = try seconds(try corpus(4000, in: "\(folder)/large"), expecting: 4000)
            #expect(large < 16 * max(small, 0.02), "\(small) s and \(large) s")
            // What is noted on the way stays right.
            try Catalog(path: "\(folder)/large/catalog.sqlite").checkCounts()
        }
    }
}
