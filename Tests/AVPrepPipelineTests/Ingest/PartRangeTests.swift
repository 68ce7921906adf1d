import AVPrepCatalog
import AVPrepCore
import AVPrepCorpus
import AVPrepModel
import AVPrepParts
import AVPrepSettings
import AVPrepWorkspace
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import AVPrepIngest

/// Tasks that divide parts of films, as manifests name them.
@Suite(.enabled(if: Oracle.isAvailable, "make test makes the venv")) struct PartRangeTests {
    /// Parts of films, with labels: the digests of the films get into the catalog, too.
    @Test func partsOfFilmsAreDividedLikeFiles() throws {
        try withTemporaryFolder { folder in
            try withTemporaryFolder { other in
                var whole = try SmallCorpus(folder)
                try whole.addSyntheticVideos(3)
                let rows = """
                    path,start,end,label,split
                    video-00000.mp4,0,2,a,train
                    video-00000.mp4,2,4,b,train
                    video-00000.mp4,1,3,a,train
                    video-00001.mp4,0.5,3,c,val
                    video-00001.mp4,90,95,c,val
                    video-00002.mp4,,,d,test
                    video-00002.mp4,1,3,d,test
                    gone.mp4,0,2,e,
                    copy.mp4,0,2,a,train
                    """
                let path = "\(folder)/videos/m.csv"
                try Data((rows + "\n").utf8).write(to: URL(fileURLWithPath: path))
                try FileManager.default.copyItem(
                    atPath: "\(folder)/videos/video-00000.mp4", toPath: "\(folder)/videos/copy.mp4")
                whole.settings.corpus.paths = ["videos/m.csv"]
                var divided = try SmallCorpus(other)
                divided.settings = whole.settings
                try FileManager.default.removeItem(atPath: "\(other)/videos")
                #expect(try Command.run("/bin/cp", ["-a", "\(folder)/videos", "\(other)/"]).status == 0)
                _ = try IngestStage.run(whole.workspace, whole.context)
                for task in ["2/2", "1/2"] {
                    _ = try PartStage.run(
                        divided.workspace, divided.context, part: try PartNumber(task, environment: [:]),
                        leaseSeconds: 1)
                }
                let report = try MergeStage.run(divided.workspace, divided.context)
                #expect(report.isOver && report.remaining == 0 && report.contradictions == [], "\(report.text)")
                let dumps = try [divided, whole].map { try CatalogDump.rows(of: $0.workspace.catalog) }
                #expect(dumps[0].filter { !dumps[1].contains($0) } == [] && dumps[0].count == dumps[1].count)
                #expect(try divided.digests("prepared") == whole.digests("prepared"))
                let catalog = try Catalog(path: divided.workspace.catalog)
                let film = try #require(try catalog.item("videos/video-00002.mp4")?.videoID)
                #expect(try catalog.contentID(of: "videos/video-00002.mp4#t=1,3") == film)
            }
        }
    }

    @Test func aFilmOfManyPartsIsReadOnce() throws {
        try withTemporaryFolder { folder in
            let path = BytePath("\(folder)/film.mp4")
            try Data("film".utf8).write(to: URL(fileURLWithPath: "\(path)"))
            let digests = FileDigests()
            let reads = Atomic(0)
            let expected = SHA256.digest(of: "film")
            @Sendable func read(_ name: BytePath, fails: Bool = false) throws -> SHA256Digest? {
                let result = try digests.digest(of: CorpusItem(named: name, path: path)) { _ in
                    reads.add(1, ordering: .relaxed)
                    Thread.sleep(forTimeInterval: 0.01)
                    return fails ? .failure(ReadFailure(.passing, "no")) : .success(expected)
                }
                return try? result.get()
            }
            #expect(try read("film.mp4#t=0,1", fails: true) == nil)
            DispatchQueue.concurrentPerform(iterations: 8) { part in
                #expect((try? read("film.mp4#t=\(part),\(part + 1)")) == expected)
            }
            #expect(reads.load(ordering: .relaxed) == 2, "what failed is read again, and then no more")
            // Another content is another film; a whole file is nobody's part.
            try Data("other".utf8).write(to: URL(fileURLWithPath: "\(path)"))
            _ = try read("film.mp4#t=0,1")
            _ = try read("film.mp4")
            _ = try read("film.mp4")
            #expect(reads.load(ordering: .relaxed) == 5)
        }
    }
}
