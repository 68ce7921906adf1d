import AVPrepCatalog
import AVPrepCore
import AVPrepIngest
import AVPrepMedia
import AVPrepModel
import AVPrepPipeline
import AVPrepSettings
import AVPrepShard
import AVPrepStore
import AVPrepSynth
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

@Suite struct IngestStageTests {
    @Test func everyFileEndsDoneSkippedOrFailedWithItsReason() throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(2)
            let videos = folder + "/videos"
            try Data("no video at all".utf8).write(to: URL(fileURLWithPath: videos + "/text.mp4"))
            try FileManager.default.copyItem(atPath: videos + "/video-00000.mp4", toPath: videos + "/zcopy.mp4")
            try writeClip(videos + "/mute.mp4", seconds: 2, hasSound: false)
            try writeClip(videos + "/short.mp4", seconds: 0.5, hasSound: true)
            try Data("missing.mp4\n# a comment\n".utf8).write(to: URL(fileURLWithPath: folder + "/list.txt"))
            corpus.settings.corpus.paths = ["videos", "list.txt"]
            let report = try IngestStage.run(corpus.workspace, corpus.context)
            #expect(report.counts.listed == 7)
            #expect(report.counts.done == 2 && report.counts.skipped == 3 && report.counts.failed == 2)
            #expect(report.counts.pending == 0)
            #expect(report.exitStatus == .doneWithFailures)
            let reasons = Dictionary(uniqueKeysWithValues: report.counts.reasons.map { ($0.code, $0.status) })
            #expect(
                reasons == [
                    "duplicate": "skipped", "no-audio": "skipped", "too-short": "skipped", "not-media": "failed",
                    "unreadable": "failed",
                ])
            #expect(try StatusReport.make(corpus.workspace).text.contains("7 listed = 2 done + 3 skipped + 2 failed"))
        }
    }

    @Test func whatIsDoneIsNotDoneAgainAndWhatChangedIs() throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(2)
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            let first = try corpus.digests("prepared")
            #expect(first.count == 2)
            let path = try #require(first.keys.sorted().first)
            let before = try modified(folder + "/prepared/" + path)
            #expect(try IngestStage.run(corpus.workspace, corpus.context).counts.done == 2)
            #expect(try modified(folder + "/prepared/" + path) == before)
            // A result that somebody removed is made again, with the same bytes.
            try FileManager.default.removeItem(atPath: folder + "/prepared/" + path)
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            #expect(try corpus.digests("prepared") == first)
            // Another setting gives other files; the old ones stay.
            corpus.settings.ingest.video.fps = 10
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            let second = try corpus.digests("prepared")
            #expect(second.count == 4 && first.allSatisfy { second[$0.key] == $0.value })
        }
    }

    @Test func oneAndTwoWorkersGiveTheSameBytes() throws {
        try withTemporaryFolder { folder in
            try withTemporaryFolder { other in
                var one = try SmallCorpus(folder)
                try one.addSyntheticVideos(4)
                var two = try SmallCorpus(other)
                try two.addSyntheticVideos(4)
                two.settings.workers = 2
                one.settings.shard.shardMegabytes = 1
                two.settings.shard.shardMegabytes = 1
                for corpus in [one, two] {
                    _ = try IngestStage.run(corpus.workspace, corpus.context)
                    _ = try ShardStage.run(corpus.workspace, corpus.context)
                }
                #expect(try one.digests("prepared") == two.digests("prepared"))
                #expect(try one.digests("shards") == two.digests("shards"))
                #expect(try one.digests("shards").count >= 3)
            }
        }
    }

    @Test func anEmptyFolderIsRefusedWithWhatToDo() throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus(folder)
            let error = #expect(throws: Failure.self) { try IngestStage.run(corpus.workspace, corpus.context) }
            #expect(error?.exitStatus == .badInput)
            #expect(error?.description.contains("no videos in videos") == true)
        }
    }

    @Test func aSecondProcessIsToldThatTheWorkspaceIsBusy() throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus(folder)
            try corpus.workspace.exclusively {
                let error = #expect(throws: Failure.self) { try corpus.workspace.exclusively {} }
                #expect(error?.exitStatus == .busy)
            }
        }
    }

    @Test func blackBarsAreCroppedAndRecordedInSourcePixels() throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            corpus.settings.synth.width = 160
            corpus.settings.synth.height = 120
            corpus.settings.synth.videos = 3
            corpus.settings.synth.cues = 1
            corpus.settings.synth.cueKinds = [.blackBars]
            let truth = try SynthCorpus.make(corpus.settings.synth, in: folder + "/videos", workers: 2)
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            let catalog = try Catalog(path: corpus.workspace.catalog, access: .readOnly)
            for video in truth.videos {
                let record = try #require(try catalog.outcome(of: "videos/\(video.file)", stage: StageName.ingest))
                let output = try #require(record.output)
                let segment = try #require(StoreReader(path: folder + "/" + output).segments.first?.segment)
                #expect(segment.flags.contains(.blackBorder))
                for case .blackBars(let bars) in video.cues {
                    let found = [segment.crop.top, segment.crop.bottom, segment.crop.left, segment.crop.right]
                    for (side, bar) in zip(found, [bars.top, bars.bottom, bars.left, bars.right]) {
                        // The settings crop one pixel beyond a border.
                        #expect(abs(side - (bar > 0 ? bar + 1 : 0)) <= 2, "\(video.file): \(bars), \(segment.crop)")
                    }
                }
            }
        }
    }

    private func writeClip(_ path: String, seconds: Double, hasSound: Bool) throws {
        let writer = try MediaWriter(
            path: path, video: VideoEncoding(width: 64, height: 48, frameRate: Rational(10)),
            audio: hasSound ? AudioEncoding(sampleRate: 16_000, channels: 1) : nil)
        let picture = PixelBuffer(width: 64, height: 48, channels: 3)
        for index in 0..<Int(seconds * 10) {
            for place in picture.pixels.indices { picture.pixels[place] = UInt8((place * 7 + index * 13) % 256) }
            try writer.write(frame: picture, at: Double(index) / 10)
        }
        if hasSound {
            let tone = (0..<Int(seconds * 16_000)).map { sin(Float($0) * 0.2) * 0.5 }
            try writer.write(samples: tone, at: 0)
        }
        try writer.finish()
    }

    private func modified(_ path: String) throws -> Date? {
        try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
    }
}
