import AVPrepCatalog
import AVPrepCore
import AVPrepCorpus
import AVPrepModel
import AVPrepSettings
import AVPrepVerify
import AVPrepWorkspace
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import AVPrepIngest

/// Files that are written to, cut or replaced while they are ingested, or later.
@Suite struct MovingFilesTests {
    private func codes(_ report: IngestReport) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: report.counts.reasons.map { ($0.code, $0.count) })
    }

    /// Appends to a file without a pause while `body` runs.
    private func growing<Result>(_ path: String, while body: () throws -> Result) throws -> Result {
        let file = try #require(FileHandle(forWritingAtPath: path))
        try file.seekToEnd()
        let writer = Writer(file)
        DispatchQueue.global().async { writer.run() }
        defer { writer.stop() }
        return try body()
    }

    private final class Writer: @unchecked Sendable {
        // Sendable because one queue uses the file.
        private let file: FileHandle
        private let ends = Atomic(false)
        private let ended = DispatchSemaphore(value: 0)

        init(_ file: FileHandle) { self.file = file }

        func run() {
            while !ends.load(ordering: .relaxed) {
                file.write(Data(count: 64))
                usleep(500)
            }
            ended.signal()
        }

        func stop() {
            ends.store(true, ordering: .relaxed)
            ended.wait()
        }
    }

    @Test(arguments: [0, 1])
    func aFileThatGrowsIsChangingAndDoneByTheNextRun(isolated: Int) throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            corpus.settings.ingest.isolation = isolated == 1 ? .process : .none
            try corpus.addSyntheticVideos(2)
            let path = folder + "/videos/video-00001.mp4"
            let report = try growing(path) { try IngestStage.run(corpus.workspace, corpus.context) }
            #expect(report.counts.done == 1 && codes(report) == ["changing": 1], "\(report.text)")
            #expect(report.exitStatus == .doneWithFailures)
            #expect(report.counts.reasons.map(\.isPassing) == [true])
            #expect(try corpus.digests("prepared").count == 1)
            let next = try IngestStage.run(corpus.workspace, corpus.context)
            #expect(next.counts.done == 2 && next.exitStatus == .done)
            #expect(try corpus.digests("prepared").count == 2)
            try expectRightIDs(corpus)
        }
    }

    /// The id in the catalog is that of the bytes.
    private func expectRightIDs(_ corpus: SmallCorpus) throws {
        let catalog = try Catalog(path: corpus.workspace.catalog, access: .readOnly)
        for item in try catalog.hashed() {
            let digest = try SHA256.digest(ofFile: corpus.workspace.path(item.file.path))
            #expect(item.videoID == String(digest.hex.prefix(32)), "\(item.file.path)")
        }
    }

    /// Between hashing and decoding, in every way in which a file becomes another.
    @Test(arguments: ["append", "replace", "overwrite", "cut"])
    func whatIsDecodedIsWhatWasHashed(how: String) throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(2)
            let path = folder + "/videos/video-00000.mp4"
            let identity = try #require(FileIdentity(path: path))
            let digest = try SourceContent.digest(ofFile: path, listed: identity)
            func confirm() throws {
                let file = try SHA256.openRegularFile(path)
                defer { close(file) }
                try SourceContent.confirm(file, path: path, listed: identity) { $0 == digest }
            }
            try confirm()
            switch how {
            case "append":
                let file = try #require(FileHandle(forWritingAtPath: path))
                try file.seekToEnd()
                file.write(Data([0]))
            case "replace": #expect(rename(folder + "/videos/video-00001.mp4", path) == 0)
            case "cut": #expect(truncate(path, 1000) == 0)
            default: try overwriteKeepingSizeAndTime(path)
            }
            let failure = #expect(throws: ReadFailure.self) { try confirm() }
            #expect(failure?.kind == .changing && failure?.description.contains(path) == true)
        }
    }

    @Test func anotherNameAndOtherRightsAreNoChange() throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(1)
            let path = folder + "/videos/video-00000.mp4"
            let identity = try #require(FileIdentity(path: path))
            let digest = try SourceContent.digest(ofFile: path, listed: identity)
            usleep(20_000)
            #expect(link(path, folder + "/backup.mp4") == 0 && chmod(path, 0o400) == 0)
            #expect(FileIdentity(path: path) != identity)
            let file = try SHA256.openRegularFile(path)
            defer { close(file) }
            try SourceContent.confirm(file, path: path, listed: identity) { $0 == digest }
        }
    }

    /// Other bytes in the same number, with the old time: a disk that lost some, or a tool that sets times back.
    private func overwriteKeepingSizeAndTime(_ path: String) throws {
        var status = stat()
        #expect(stat(path, &status) == 0)
        usleep(20_000)
        let file = try #require(FileHandle(forUpdatingAtPath: path))
        try file.seek(toOffset: UInt64(status.st_size) - 8)
        file.write(Data("changed!".utf8))
        try file.close()
        var times = [status.st_atim, status.st_mtim]
        #expect(utimensat(AT_FDCWD, path, &times, 0) == 0)
    }

    @Test func aChangeThatKeepsSizeAndTimeIsFoundWhenAskedFor() throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(3)
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            try overwriteKeepingSizeAndTime(folder + "/videos/video-00001.mp4")
            try FileManager.default.removeItem(atPath: folder + "/videos/video-00002.mp4")
            try FileManager.default.moveItem(atPath: folder + "/videos/video-00000.mp4", toPath: folder + "/away.mp4")
            #expect(mkfifo(folder + "/videos/video-00002.mp4", 0o600) == 0)
            let verified = try VerifyStage.run(
                corpus.workspace, corpus.context, isQuick: true, readsSources: true)
            let found = verified.findings.filter { $0.file.contains("/videos/") }
            #expect(found.map(\.code) == [.missing, .source, .unreadable], "\(verified.findings)")
            #expect(found.map { $0.file.suffix(9) } == ["00000.mp4", "00001.mp4", "00002.mp4"])
            #expect(found.last?.detail.contains("is not a regular file") == true)
            try FileManager.default.moveItem(atPath: folder + "/away.mp4", toPath: folder + "/videos/video-00000.mp4")
            // Without being asked, nothing is read again.
            #expect(try IngestStage.run(corpus.workspace, corpus.context).counts.done == 2)
            #expect(try corpus.digests("prepared").count == 3)
            #expect(try IngestStage.run(corpus.workspace, corpus.context, rehash: true).counts.done == 2)
            #expect(try corpus.digests("prepared").count == 4)
            try FileManager.default.removeItem(atPath: folder + "/videos/video-00002.mp4")
            try expectRightIDs(corpus)
        }
    }

    @Test func afterManyFailuresInARowNobodyWaits() throws {
        let retries = PassingRetries(cancellation: Cancellation())
        var attempts = 0
        let start = ContinuousClock.now
        #expect(
            try retries.run(
                isPassing: { $0 < 3 },
                {
                    attempts += 1
                    return attempts
                }) == 3)
        #expect(ContinuousClock.now - start < .seconds(2))
    }
}
