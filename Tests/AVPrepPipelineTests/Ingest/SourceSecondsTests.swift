import AVPrepCatalog
import AVPrepCore
import AVPrepIngest
import AVPrepModel
import AVPrepPipeline
import AVPrepSettings
import AVPrepStore
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

/// Every second of a source is in a segment, or in none for a reason.
@Suite struct SourceSecondsTests {
    @Test(arguments: [IngestSettings.Isolation.process, .none])
    func statusAccountsForEverySecond(isolation: IngestSettings.Isolation) throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            corpus.settings.ingest.isolation = isolation
            corpus.settings.ingest.segmentSeconds = 2
            corpus.settings.ingest.minSegmentSeconds = 1
            let videos = folder + "/videos"
            try FileManager.default.createDirectory(atPath: videos, withIntermediateDirectories: true)
            corpus.settings.corpus.paths = ["videos"]
            try PolicyClip.write(videos + "/whole.mkv", [.lively, .lively])
            try PolicyClip.write(videos + "/half.mkv", [.lively, .lively, .lively, .lively], seed: 2)
            var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: videos + "/half.mkv")))
            bytes.replaceSubrange(
                bytes.count / 2..<bytes.count, with: repeatElement(0, count: bytes.count - bytes.count / 2))
            try Data(bytes).write(to: URL(fileURLWithPath: videos + "/half.mkv"))
            let report = try IngestStage.run(corpus.workspace, corpus.context)
            #expect(report.counts.done == 2, "\(report.text)")
            let catalog = try Catalog(path: corpus.workspace.catalog, access: .readOnly)
            let seconds = try #require(try catalog.seconds(settingsKey: try corpus.settings.ingest.key))
            #expect(seconds.videos == 2)
            #expect(abs(seconds.total - 12) < 0.3, "\(seconds)")
            #expect(abs(seconds.inSegments + seconds.unused.reduce(0) { $0 + $1.seconds } - seconds.total) < 0.002)
            let damaged = seconds.unused.first { $0.reason == "damaged" }
            #expect((2...6).contains(damaged?.seconds ?? 0), "\(seconds)")
            #expect(try StatusReport.make(corpus.workspace, isThorough: true).text.contains("seconds: "))
            // All segments of the damaged file say so, the others do not.
            for file in try corpus.digests("prepared").keys {
                let segments = try StoreReader(path: folder + "/prepared/" + file).segments
                let isDamaged = try #require(segments.first).segment.source.hasSuffix("half.mkv")
                for stored in segments {
                    #expect(stored.segment.flags.contains(.damaged) == isDamaged)
                    #expect(stored.segment.decision.isDropped == false)
                    #expect(((stored.segment.measures[.lostShare] ?? 0) > 0.3) == isDamaged)
                }
            }
        }
    }

    @Test func shortPiecesAreCountedByWhatEndedThem() throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            corpus.settings.ingest.segmentSeconds = 3
            corpus.settings.ingest.minSegmentSeconds = 2
            let videos = folder + "/videos"
            try FileManager.default.createDirectory(atPath: videos, withIntermediateDirectories: true)
            corpus.settings.corpus.paths = ["videos"]
            try PolicyClip.write(videos + "/clip.mkv", [.lively, .lively])
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            let catalog = try Catalog(path: corpus.workspace.catalog, access: .readOnly)
            let seconds = try #require(try catalog.seconds(settingsKey: try corpus.settings.ingest.key))
            #expect(abs((seconds.unused.first { $0.reason == "short-at-end" }?.seconds ?? 0) - 1) < 0.2, "\(seconds)")
            #expect(seconds.inSegments == 3)
        }
    }
}
