import AVPrepCatalog
import AVPrepCore
import AVPrepDownload
import AVPrepForget
import AVPrepModel
import AVPrepSettings
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

@testable import AVPrepCorpus
@testable import AVPrepIngest

/// Web addresses are items like paths: fetched once, prepared, and explained where they cannot be had.
@Suite(.enabled(if: Oracle.isAvailable, "needs the Python of `make venv`"))
struct DownloadTests {
    /// A corpus whose videos lie on a server, and are listed in `list.txt`.
    private func withServedCorpus(_ lines: [String], _ body: (SmallCorpus, FileServer) throws -> Void) throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(2)
            let server = try FileServer(folder: "\(folder)/videos")
            let names = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/videos").filter {
                $0.hasSuffix(".mp4")
            }.sorted()
            let text = lines.joined(separator: "\n").replacingOccurrences(of: "SERVER", with: server.address)
                .replacingOccurrences(of: "FIRST", with: names[0]).replacingOccurrences(of: "SECOND", with: names[1])
            try text.write(toFile: "\(folder)/list.txt", atomically: true, encoding: .utf8)
            corpus.settings.corpus.paths = ["list.txt"]
            corpus.settings.download.attempts = 1
            try body(corpus, server)
        }
    }

    private func ingest(_ corpus: SmallCorpus, retry: Bool = false) throws -> IngestReport {
        try IngestStage.run(corpus.workspace, corpus.context, retry: retry)
    }

    private func items(_ corpus: SmallCorpus) throws -> [String: CatalogItem] {
        let catalog = try Catalog(path: corpus.workspace.catalog, access: .readOnly)
        return Dictionary(uniqueKeysWithValues: try catalog.hashed().map { ($0.file.path.escaped, $0) })
    }

    @Test func addressesAreFetchedOnceAndPrepared() throws {
        try withServedCorpus(["SERVER/plain/FIRST", "SERVER/plain/SECOND"]) { corpus, server in
            #expect(try ingest(corpus).counts.done == 2)
            #expect(server.requests.count == 2)
            let names = try items(corpus).keys
            #expect(names.allSatisfy { $0.hasPrefix(server.address) })
            #expect(try ingest(corpus).counts.done == 2)
            #expect(server.requests.count == 2)
        }
    }

    @Test func whatIsNotThereFailsWithTheReasonAndIsNotAskedForAgain() throws {
        try withServedCorpus(["SERVER/plain/FIRST", "SERVER/status-404/x.mp4"]) { corpus, server in
            let report = try ingest(corpus)
            #expect(report.counts.done == 1 && report.counts.failed == 1)
            #expect(report.counts.reasons.map(\.code) == ["download-failed"])
            let count = server.requests.count
            #expect(try ingest(corpus).counts.failed == 1)
            #expect(server.requests.count == count)
            _ = try ingest(corpus, retry: true)
            #expect(server.requests.count == count + 1)
        }
    }

    @Test func whatBrokeOffIsFetchedByTheNextRun() throws {
        try withServedCorpus(["SERVER/busy-1/FIRST"]) { corpus, _ in
            let report = try ingest(corpus)
            #expect(report.counts.reasons.map(\.code) == ["download-error"])
            #expect(try ingest(corpus).counts.done == 1)
        }
    }

    @Test func aFileTakenFromTheFolderOfDownloadsIsFetchedAgain() throws {
        try withServedCorpus(["SERVER/plain/FIRST"]) { corpus, server in
            _ = try ingest(corpus)
            let before = try items(corpus).values.map(\.videoID)
            try FileManager.default.removeItem(atPath: "\(corpus.folder)/downloads")
            let report = try ingest(corpus)
            #expect(report.counts.done == 1 && server.requests.count == 2)
            #expect(try items(corpus).values.map(\.videoID) == before)
        }
    }

    /// Two addresses of one file are duplicates, as two paths are; one that leaves the list vanishes.
    @Test func theRulesOfPathsHoldForAddresses() throws {
        try withServedCorpus(["SERVER/plain/FIRST", "SERVER/untagged/FIRST"]) { corpus, _ in
            let report = try ingest(corpus)
            #expect(report.counts.done == 1 && report.counts.reasons.map(\.code) == ["duplicate"])
            let list = "\(corpus.folder)/list.txt"
            let last = try #require(try String(contentsOfFile: list, encoding: .utf8).split(separator: "\n").last)
            try last.write(toFile: list, atomically: true, encoding: .utf8)
            let second = try ingest(corpus)
            #expect(second.counts.done == 1 && second.change.vanished == 1)
        }
    }

    /// The digest of its address tells: it is not even asked for. Another address of the same bytes is fetched once to know.
    @Test func whatWasForgottenIsNotFetchedAgain() throws {
        try withServedCorpus(["SERVER/plain/FIRST", "SERVER/plain/SECOND"]) { corpus, server in
            _ = try ingest(corpus)
            let known = try items(corpus)
            let address = try #require(known.keys.sorted().first)
            let video = try #require(known[address]?.videoID)
            _ = try ForgetStage.run([BytePath(address)], in: corpus.workspace, corpus.context)
            let count = server.requests.count
            for _ in 0..<2 {
                let report = try ingest(corpus)
                #expect(report.counts.done == 1 && report.counts.reasons.map(\.code) == ["forgotten"])
            }
            _ = try Downloads.run(corpus.workspace, corpus.context, CorpusRequest())
            _ = try ingest(corpus, retry: true)
            #expect(try IngestStage.tryAgain([BytePath(address)], in: corpus.workspace, corpus.context).count == 1)
            #expect(server.requests.count == count)
            #expect(try ingest(corpus).counts.reasons.map(\.code) == ["forgotten"])
            // Under another address, and with a mark or a part of it.
            let list = "\(corpus.folder)/list.txt"
            let text = try String(contentsOfFile: list, encoding: .utf8)
            let other = address.replacingOccurrences(of: "/plain/", with: "/untagged/")
            try "\(text)\n\(other)\n\(address)#t=1,3".write(toFile: list, atomically: true, encoding: .utf8)
            for _ in 0..<2 {
                let report = try ingest(corpus)
                #expect(report.counts.done == 1 && report.counts.skipped == 3, "\(report.text)")
                #expect(server.requests.count == count + 1)
            }
            let downloads = try FileManager.default.subpathsOfDirectory(atPath: "\(corpus.folder)/downloads")
            #expect(downloads.filter { $0.hasSuffix(".mp4") }.count == 1, "\(downloads)")
            // The catalog does not say where it was.
            let catalog = try Catalog(path: corpus.workspace.catalog)
            #expect(try catalog.tracesOfForgotten().isEmpty)
            try catalog.checkCounts()
            try catalog.close()
            _ = try ForgetStage.undo([BytePath(video)], in: corpus.workspace, corpus.context)
            let report = try ingest(corpus)
            #expect(report.counts.done == 3 && report.counts.reasons.map(\.code) == ["duplicate"], "\(report.text)")
        }
    }

    /// A name in the catalog is in every shard, too.
    @Test func aPasswordInAnAddressIsStoredNowhere() throws {
        try withServedCorpus(["http://me:secret@127.0.0.1/a.mp4"]) { corpus, _ in
            let error = #expect(throws: Failure.self) { try ingest(corpus) }
            #expect(error?.exitStatus == .badInput && error?.description.contains("list.txt, line 1") == true)
            var named = corpus
            named.settings.corpus.paths = ["http://me:secret@127.0.0.1/a.mp4"]
            let other = #expect(throws: Failure.self) { try ingest(named) }
            #expect([error, other].allSatisfy { $0?.description.contains("secret") == false })
            #expect(!FileManager.default.fileExists(atPath: corpus.workspace.catalog))
        }
    }

    @Test func downloadAloneChangesNothingElse() throws {
        try withServedCorpus(["SERVER/plain/FIRST", "SERVER/page/SECOND", "videos/x.mp4"]) { corpus, _ in
            let report = try Downloads.run(corpus.workspace, corpus.context, CorpusRequest())
            #expect((report.listed, report.present, report.fetched, report.failures.count) == (2, 0, 1, 1))
            #expect(report.exitStatus == .doneWithFailures)
            #expect(!FileManager.default.fileExists(atPath: corpus.workspace.catalog))
            let again = try Downloads.run(corpus.workspace, corpus.context, CorpusRequest())
            #expect((again.present, again.fetched) == (1, 0))
        }
    }
}
