import AVPrepCatalog
import AVPrepCore
import AVPrepIngest
import AVPrepMedia
import AVPrepModel
import AVPrepSettings
import AVPrepStore
import AVPrepSynth
import AVPrepVision
import AVPrepWorkspace
import Foundation
import Synchronization
import TestSupport
import Testing

/// An error on a video's way, at whatever step and of whatever kind, costs this video; trouble of the run ends the run.
@Suite struct VideoContainmentTests {
    private static let victim = "videos/video-00001.mp4"

    private static func corpus(_ folder: String) throws -> SmallCorpus {
        var corpus = try SmallCorpus(folder)
        corpus.settings.ingest.segmentSeconds = 1
        corpus.settings.synth.seconds = 2
        try corpus.addSyntheticVideos(3)
        return corpus
    }

    @Test(arguments: PreparationStep.allCases.filter { $0 != .decision })
    func anErrorAtAnyStepIsTheOutcomeOfItsVideo(_ step: PreparationStep) throws {
        try withTemporaryFolder { folder in
            let corpus = try Self.corpus(folder)
            let report = try IngestStage.run(corpus.workspace, corpus.context) { reached, listed in
                if reached == step, listed == Self.victim { throw Injected() }
            }
            #expect(report.counts.done == 2 && report.counts.failed == 1 && report.counts.pending == 0)
            #expect(report.exitStatus == .doneWithFailures)
            let catalog = try Catalog(path: corpus.workspace.catalog, access: .readOnly)
            let reason = try #require(
                try catalog.outcome(of: BytePath(Self.victim), stage: StageName.ingest)?.outcome.reason)
            #expect(reason.code == "unexpected" && reason.detail.hasPrefix(Self.victim + ": two lines of an unknown"))
            #expect(temporaryFiles(folder).isEmpty)
            // It stays failed, and is not tried again by itself.
            let tried = Mutex(false)
            let again = try IngestStage.run(corpus.workspace, corpus.context) { _, _ in tried.withLock { $0 = true } }
            #expect(again.counts.failed == 1 && again.exitStatus == .doneWithFailures && !tried.withLock { $0 })
            #expect(try IngestStage.run(corpus.workspace, corpus.context, retry: true).counts.done == 3)
            #expect(try corpus.digests("prepared").count == 3)
        }
    }

    @Test func anErrorInADecisionIsTheOutcomeOfItsVideo() throws {
        try withTemporaryFolder { folder in
            var corpus = try Self.corpus(folder)
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            corpus.settings.ingest.policy[flag: .clipping] = .drop
            let report = try IngestStage.run(corpus.workspace, corpus.context) { step, listed in
                if step == .decision, listed == Self.victim { throw Injected() }
            }
            #expect(report.counts.done == 2 && report.counts.failed == 1)
            #expect(try IngestStage.run(corpus.workspace, corpus.context, retry: true).counts.done == 3)
        }
    }

    private static let ofRun: [any Error & Sendable] = [
        StoreError(.unwritable, "the disk is full"), CatalogError(.disk, "the catalog's disk is full"),
        Failure("the disk is full", endsRun: true), CancellationError(),
    ]

    @Test(arguments: ofRun.indices) func troubleOfTheRunEndsItAndLeavesNothingBehind(_ number: Int) throws {
        let error = Self.ofRun[number]
        for step in [PreparationStep.writing, .committing, .noting] {
            try withTemporaryFolder { folder in
                let corpus = try Self.corpus(folder)
                #expect(throws: (any Error).self) {
                    try IngestStage.run(corpus.workspace, corpus.context) { reached, listed in
                        if reached == step, listed == Self.victim { throw error }
                    }
                }
                #expect(temporaryFiles(folder).isEmpty)
                #expect(try IngestStage.run(corpus.workspace, corpus.context).counts.done == 3)
            }
        }
    }

    /// A film of vertical stripes, whose sides are far from equal.
    static func writeClip(_ path: String, width: Int, height: Int, codec: String) throws {
        var video = VideoEncoding(codec: codec, width: width, height: height, frameRate: Rational(5))
        video.bFrames = 0
        let writer = try MediaWriter(path: path, video: video, audio: AudioEncoding(sampleRate: 16_000, channels: 1))
        let picture = PixelBuffer(width: width, height: height, channels: 3)
        for index in 0..<6 {
            for place in picture.pixels.indices { picture.pixels[place] = UInt8((place / 7 * 31 + index * 40) % 256) }
            try writer.write(frame: picture, at: Double(index) / 5)
        }
        try writer.write(samples: (0..<19_200).map { sin(Float($0) * 0.2) * 0.5 })
        try writer.finish()
    }

    @Test func picturesThatNoCodecHoldsAreRefusedWithTheLimit() throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(1)
            corpus.settings.ingest.video.shortSide = 256
            corpus.settings.ingest.flow.shortSide = 0
            try Self.writeClip(folder + "/videos/long.mkv", width: 16_384, height: 16, codec: "ffv1")
            try Self.writeClip(folder + "/videos/high.mkv", width: 8, height: 1200, codec: "ffv1")
            if let folder = SharedData.folder {
                try FileManager.default.copyItem(
                    atPath: folder + "/cases/picture-8x1200.mkv", toPath: corpus.folder + "/videos/zshared.mkv")
            }
            let report = try IngestStage.run(corpus.workspace, corpus.context)
            #expect(report.counts.done == 1 && report.counts.failed == (SharedData.isAvailable ? 3 : 2))
            let catalog = try Catalog(path: corpus.workspace.catalog, access: .readOnly)
            for (name, size) in [("long", "frames would be 262144 × 256"), ("high", "would be 256 × 76800")] {
                let record = try catalog.outcome(of: "videos/\(name).mkv", stage: StageName.ingest)
                let reason = try #require(record?.outcome.reason)
                #expect(reason.code == "over-limit")
                #expect(reason.detail.contains("videos/\(name).mkv: ") && reason.detail.contains(size), "\(reason)")
                #expect(reason.detail.contains("65500 pixels"), "\(reason)")
            }
        }
    }

    /// What the check of sizes does not know of is contained all the same: here OpenCV's own limit.
    @Test func picturesThatAnotherLibraryRefusesCostTheirVideo() throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(1)
            corpus.settings.ingest.video.shortSide = 0
            corpus.settings.ingest.video.codec = .raw
            corpus.settings.ingest.flow.codec = .raw
            try Self.writeClip(folder + "/videos/flat.mkv", width: 40_000, height: 2, codec: "ffv1")
            let report = try IngestStage.run(corpus.workspace, corpus.context)
            #expect(report.counts.pending == 0 && report.counts.done >= 1)
            #expect(report.counts.listed == report.counts.done + report.counts.failed + report.counts.skipped)
        }
    }
}
