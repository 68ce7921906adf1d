import AVPrepCatalog
import AVPrepCore
import AVPrepModel
import AVPrepSettings
import AVPrepShard
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

@testable import AVPrepIngest
@testable import AVPrepPipeline

/// A retry does exactly what it was asked for, and says what it did not find.
struct RetryStageTests {
    private static let oddEnd: [UInt8] = [0xFF, 0x2A] + Array(".mp4".utf8)

    private func retry(_ corpus: SmallCorpus, _ change: (inout RetryStage.Request) -> Void) throws -> RetryReport {
        var request = RetryStage.Request()
        change(&request)
        return try RetryStage.run(corpus.workspace, corpus.context, request)
    }

    private func write(_ text: String, _ path: BytePath) throws {
        let file = path.withCString { open($0, O_WRONLY | O_CREAT | O_TRUNC, 0o644) }
        try #require(file >= 0)
        defer { close(file) }
        #expect(Foundation.write(file, text, text.utf8.count) == text.utf8.count)
    }

    /// Two sound videos, two that are text, one that is missing in a list, and one with a name that is not UTF-8.
    private func corpus(_ folder: String) throws -> SmallCorpus {
        var corpus = try SmallCorpus(folder)
        try corpus.addSyntheticVideos(2)
        try FileManager.default.createDirectory(atPath: "\(folder)/videos/talks", withIntermediateDirectories: true)
        try write("no film", "\(folder)/videos/talks/a.mp4")
        try write("no film either", BytePath(Array("\(folder)/videos/b".utf8) + Self.oddEnd))
        try write("videos/missing.mp4\n", "\(folder)/list.txt")
        corpus.settings.corpus.paths = ["videos", "list.txt"]
        _ = try IngestStage.run(corpus.workspace, corpus.context)
        return corpus
    }

    /// A row with times is a part of its film: what failed while the film was missing is tried on the film.
    @Test func aPartOfAFilmIsTriedAgain() throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(1)
            try corpus.move(0..<1, to: "later")
            try write("path,start,end\nvideos/video-00000.mp4,0,3\n", "\(folder)/rows.csv")
            corpus.settings.corpus.paths = ["rows.csv"]
            #expect(try IngestStage.run(corpus.workspace, corpus.context).counts.failed == 1)
            try corpus.move(0..<1, from: "later", to: "videos")
            let report = try retry(corpus) { _ in }
            #expect(report.chosen.map(\.path) == ["videos/video-00000.mp4#t=0,3"])
            #expect(report.results.map(\.outcome) == ["done"], "\(report)")
        }
    }

    @Test func reasonsAndPatternsChooseTogetherAndNothingElseIsTouched() throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(folder)
            let catalog = try Catalog(path: corpus.workspace.catalog)
            let before = try catalog.outcomes(stage: StageName.ingest)
            // New since: not for a retry.
            try FileManager.default.copyItem(
                atPath: "\(folder)/videos/video-00000.mp4", toPath: "\(folder)/videos/new.mp4")
            let plan = try retry(corpus) { $0.isDryRun = true }
            #expect(plan.chosen.count == 3 && plan.exitStatus == .done)
            #expect(try catalog.outcomes(stage: StageName.ingest) == before, "nothing was done")

            let report = try retry(corpus) {
                $0.reasons = ["not-media", "corrupt"]
                $0.patterns = ["videos/talks/**"]
            }
            #expect(report.chosen.map(\.path) == ["videos/talks/a.mp4"] && report.results.map(\.outcome) == ["failed"])
            #expect(report.unmatched.count == 1 && report.unmatched[0].contains("--reason corrupt"))
            #expect(report.exitStatus == .doneWithFailures)
            let after = try catalog.outcomes(stage: StageName.ingest)
            #expect(
                after.filter { $0.subject != "videos/talks/a.mp4" }
                    == before.filter { $0.subject != "videos/talks/a.mp4" })
            #expect(try catalog.item("videos/new.mp4") == nil)
            try catalog.checkCounts()
        }
    }

    @Test func aMendedFileIsPreparedWhateverItsName() throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(folder)
            let name = BytePath(Array("videos/b".utf8) + Self.oddEnd)
            let sound = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/videos/video-00000.mp4"))
            let path = BytePath(folder).appending(name.bytes)
            let file = path.withCString { open($0, O_WRONLY | O_TRUNC) }
            // Other bytes behind the film, so that it is no copy.
            let bytes = Array(sound + Data("mended".utf8))
            #expect(Foundation.write(file, bytes, bytes.count) == bytes.count)
            close(file)
            // As it is shown.
            let report = try retry(corpus) { $0.items = [BytePath(name.escaped)] }
            #expect(report.chosen.map(\.path) == [name] && report.results.map(\.outcome) == ["done"])
            #expect(report.exitStatus == .done && report.text.contains("1 done"))
            try Catalog(path: corpus.workspace.catalog).checkCounts()
            // A literal * in a pattern's name is escaped.
            #expect(try retry(corpus) { $0.patterns = ["b*"] }.exitStatus == .badInput)
        }
    }

    @Test func whatIsNotThereOrNotFailedIsSaid() throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(folder)
            let catalog = try Catalog(path: corpus.workspace.catalog, access: .readOnly)
            let done = try retry(corpus) { $0.items = ["videos/video-00000.mp4"] }
            #expect(done.chosen.isEmpty && done.exitStatus == .badInput && done.unmatched[0].contains("it is done"))
            let unknown = #expect(throws: Failure.self) { try retry(corpus) { $0.items = ["videos/none.mp4"] } }
            #expect(unknown?.exitStatus == .badInput)
            let pattern = #expect(throws: Failure.self) { try retry(corpus) { $0.patterns = ["[a"] } }
            #expect(pattern?.exitStatus == .badInput)
            // By an unambiguous prefix of its id; and one that names several contents is refused.
            let id = try #require(try catalog.item("videos/talks/a.mp4")?.videoID)
            #expect(try retry(corpus) { $0.items = [BytePath(String(id.prefix(8)))] }.chosen.count == 1)
            #expect(throws: Failure.self) { try retry(corpus) { $0.items = [BytePath(String(id.prefix(3)))] } }
        }
    }

    /// A copy elsewhere of what is tried again stays as it is.
    @Test func copiesElsewhereStay() throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(folder)
            let catalog = try Catalog(path: corpus.workspace.catalog)
            let id = try #require(try catalog.item("videos/talks/a.mp4")?.videoID)
            let run = try catalog.beginRun("ingest")
            _ = try catalog.list(
                [ListedFile(path: "else/copy.mp4", size: 7, modifiedNanoseconds: 1)], run: run)
            try catalog.setVideoIDs([(id, "else/copy.mp4")])
            _ = try retry(corpus) { $0.items = ["videos/talks/a.mp4"] }
            #expect(try catalog.outcome(of: "else/copy.mp4", stage: StageName.ingest) == nil)
        }
    }

    @Test func whatCouldNotBePackedIsPackedAlone() throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(4)
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            let catalog = try Catalog(path: corpus.workspace.catalog)
            let records = try catalog.outcomes(stage: StageName.ingest)
            let paths = records.map { corpus.workspace.path($0.output ?? "") }
            // Two cannot be packed; one of them is mended.
            for path in paths.suffix(2) { #expect(rename(path, path + ".away") == 0) }
            #expect(try ShardStage.run(corpus.workspace, corpus.context).failed.count == 2)
            for path in paths.suffix(2) { #expect(rename(path + ".away", path) == 0) }
            let report = try retry(corpus) {
                $0.stage = .shard
                $0.items = [records[3].subject]
            }
            #expect(report.results.map(\.outcome) == ["done"] && report.exitStatus == .done, "\(report)")
            #expect(try catalog.outcome(of: records[2].subject, stage: StageName.shard)?.outcome.status == "failed")
            #expect(try retry(corpus) { $0.stage = .shard }.chosen.map(\.path) == [records[2].subject])
        }
    }
}
