import AVPrepCatalog
import AVPrepCore
import AVPrepIngest
import AVPrepMedia
import AVPrepModel
import AVPrepPolicy
import AVPrepSettings
import AVPrepShard
import AVPrepStore
import AVPrepVerify
import AVPrepVision
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

/// Segments that the policy drops because their picture stands still are not stored; under a policy that keeps them, their
/// videos are decoded again.
@Suite struct StillVideoTests {
    private static func corpus(_ folder: String) throws -> SmallCorpus {
        var corpus = try SmallCorpus(folder)
        try PolicyClip.write(folder + "/videos/still.mp4", [.still, .still, .still], seed: 1)
        try PolicyClip.write(folder + "/videos/partly.mp4", [.lively, .still, .lively], seed: 2)
        try PolicyClip.write(folder + "/videos/lively.mp4", [.lively, .lively, .lively], seed: 3)
        corpus.settings.ingest.splitAtCuts = false
        return corpus
    }

    private static func reader(_ corpus: SmallCorpus, _ name: String) throws -> StoreReader {
        let catalog = try Catalog(path: corpus.workspace.catalog, access: .readOnly)
        let record = try #require(try catalog.outcome(of: "videos/\(name).mp4", stage: StageName.ingest))
        return try StoreReader(path: "\(corpus.folder)/\(try #require(record.output))")
    }

    @Test func droppedStillSegmentsAreRowsWithoutMedia() throws {
        try withTemporaryFolder { folder in
            let corpus = try Self.corpus(folder)
            let report = try IngestStage.run(corpus.workspace, corpus.context)
            #expect(report.counts.done == 2 && report.counts.skipped == 1)
            let still = try Self.reader(corpus, "still").segments
            #expect(still.count == 3 && still.allSatisfy { $0.segment.flags.contains(.still) })
            #expect(still.allSatisfy { $0.frames.isEmpty && $0.leftOutFrames == 24 && $0.segment.frameCount == 24 })
            #expect(still.allSatisfy { $0.pcm.isEmpty && $0.flow.values.allSatisfy(\.isEmpty) })
            let partly = try Self.reader(corpus, "partly").segments
            #expect(partly.map(\.leftOutFrames) == [0, 24, 0] && partly.map(\.frames.count) == [24, 0, 24])
            #expect(partly.map(\.segment.decision.isDropped) == [false, true, false])
            #expect(try Self.reader(corpus, "lively").segments.allSatisfy { $0.leftOutFrames == 0 })
            #expect(report.decisions.segments == 9 && report.decisions.dropped == 4)
            #expect(try ShardStage.run(corpus.workspace, corpus.context).index.splits["train"]?.segments == 5)
            #expect(try VerifyStage.run(corpus.workspace, corpus.context, isQuick: false).findings.isEmpty)
        }
    }

    /// There and back: the same bytes as prepared freshly under each policy.
    @Test(arguments: [false, true]) func anotherPolicyBringsThemBack(_ isStabilised: Bool) throws {
        try withTemporaryFolder { folder in
            var corpus = try Self.corpus(folder)
            corpus.settings.ingest.stabilise.enabled = isStabilised
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            let dropping = try corpus.digests("prepared")
            corpus.settings.ingest.policy[flag: [.still, .slideshow]] = .keep
            let kept = try IngestStage.run(corpus.workspace, corpus.context)
            #expect(kept.counts.failed == 0 && kept.decidedAnew == 1)
            let partly = try Self.reader(corpus, "partly").segments
            #expect(partly.map(\.leftOutFrames) == [0, 0, 0] && partly.map(\.frames.count) == [24, 24, 24])
            let keeping = try corpus.digests("prepared")
            try FileManager.default.removeItem(atPath: folder + "/prepared")
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            #expect(try corpus.digests("prepared") == keeping)
            corpus.settings.ingest.policy = IngestSettings().policy
            #expect(try IngestStage.run(corpus.workspace, corpus.context).decidedAnew == 3)
            #expect(try corpus.digests("prepared") == dropping)
        }
    }

    /// What waits because it is held gives the same as what does not: a segment that moves at its end is not still.
    @Test func whatStandsStillForAWhileIsStoredAsEver() throws {
        try withTemporaryFolder { folder in
            var corpus = try Self.corpus(folder)
            corpus.settings.ingest.segmentSeconds = 6
            corpus.settings.ingest.still.seconds = 60
            corpus.settings.ingest.flow.direction = .both
            corpus.settings.ingest.flow.step = 2
            func media(_ action: PolicyAction) throws -> [SegmentData] {
                corpus.settings.ingest.policy[flag: [.still, .slideshow]] = action
                _ = try IngestStage.run(corpus.workspace, corpus.context)
                let reader = try Self.reader(corpus, "partly")
                let data = try reader.segments.indices.map { try reader.segmentData($0) }
                try FileManager.default.removeItem(atPath: folder + "/prepared")
                return data
            }
            let (waited, atOnce) = (try media(.drop), try media(.keep))
            #expect(waited.count == 1 && atOnce.count == 1 && waited[0].frames.count == 72)
            #expect(waited[0].frames == atOnce[0].frames && waited[0].flow == atOnce[0].flow)
        }
    }

    /// One picture with four minutes of sound: next to nothing is stored.
    @Test func onePictureWithMinutesOfSoundTakesNextToNoDisk() throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            corpus.settings.ingest.segmentSeconds = 10
            let writer = try MediaWriter(
                path: folder + "/videos/song.mp4", video: VideoEncoding(width: 96, height: 72, frameRate: Rational(1)),
                audio: AudioEncoding(sampleRate: 16_000, channels: 1))
            let picture = PixelBuffer(width: 96, height: 72, channels: 3)
            for place in picture.pixels.indices { picture.pixels[place] = UInt8(place * 7 % 251) }
            for second in 0..<240 {
                try writer.write(frame: picture, at: Double(second))
                let sound = (0..<16_000).map { sin(Float($0) * 0.1) * Float.random(in: 0...0.5) }
                try writer.write(samples: sound, at: Double(second))
            }
            try writer.finish()
            let report = try IngestStage.run(corpus.workspace, corpus.context)
            #expect(report.counts.skipped == 1)
            let reader = try Self.reader(corpus, "song")
            #expect(reader.segments.count == 24 && reader.segments.allSatisfy { $0.leftOutFrames == 120 })
            let size = try #require(FileManager.default.attributesOfItem(atPath: reader.path)[.size] as? Int)
            #expect(size < 300_000, "\(size) bytes")
        }
    }
}
