import AVPrepAudio
import AVPrepCatalog
import AVPrepCore
import AVPrepCorpus
import AVPrepIngest
import AVPrepMedia
import AVPrepModel
import AVPrepPolicy
import AVPrepSettings
import AVPrepStore
import AVPrepSynth
import AVPrepVision
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

/// A worker's memory depends on the size of frames, not on how many a segment has; what is too much waits in files.
@Suite struct WorkerMemoryTests {
    /// MiB that `avprep ingest` takes at its peak for a clip of that many frames, scaled to 4K at 60 frames a second.
    private static func peak(frames: Int, _ settings: String) throws -> Double {
        try withTemporaryFolder { folder in
            try FileManager.default.createDirectory(atPath: folder + "/videos", withIntermediateDirectories: true)
            try Data("workers: 1\n".utf8).write(to: URL(fileURLWithPath: folder + "/avprep.yaml"))
            let writer = try MediaWriter(
                path: folder + "/videos/a.mp4", video: VideoEncoding(width: 96, height: 54, frameRate: Rational(60)),
                audio: AudioEncoding(sampleRate: 16_000, channels: 1))
            let picture = PixelBuffer(width: 96, height: 54, channels: 3)
            for index in 0..<frames {
                for place in picture.pixels.indices {
                    picture.pixels[place] = UInt8(128 + 100 * sin(Double(place / 3 % 96 + index) * 0.2))
                }
                try writer.write(frame: picture, at: Double(index) / 60)
            }
            try writer.write(samples: (0..<frames * 16_000 / 60).map { _ in Float.random(in: -0.5...0.5) })
            try writer.finish()
            let words = [
                "ingest", "-q", "--set", "ingest.segment_seconds=60", "ingest.min_segment_seconds=0.1",
                "ingest.video.fps=60", "ingest.video.short_side=2160", "ingest.flow.short_side=64",
            ]
            let arguments = words[..<2] + words[3...].flatMap { ["--set", $0] } + ["--set", settings]
            let run = try MeasuredCommand.run(Products.avprep, Array(arguments), in: folder, deadline: 600)
            #expect(run.status == 0, "\(run.standardError)")
            return run.peakMegabytes
        }
    }

    /// A whole 4K picture has 24 MiB, a grey one 8.
    @Test(arguments: ["ingest.stabilise.enabled=false", "ingest.stabilise.enabled=true"])
    func peakMemoryAt4KAnd60FramesASecondDoesNotGrowWithTheSegment(_ settings: String) throws {
        let few = try Self.peak(frames: 28, settings)
        let many = try Self.peak(frames: 60, settings)
        print("peak \(settings): \(few) MiB for 28 frames, \(many) MiB for 60")
        // Encoded pictures, before there are enough of them to wait in a file.
        #expect(many - few < 100)
        // The bound of MEDIA.md, and the programs themselves.
        #expect(many < 1400)
    }

    private static func prepare(_ corpus: SmallCorpus, to path: String, _ memory: HeldMemory) throws {
        let settings = corpus.settings.ingest
        let transforms = try settings.spectrograms.map { try Spectrogram($0, wisdom: nil) }
        let preparation = try VideoPreparation(
            settings: settings, transforms: transforms, cancellation: Cancellation(), memory: memory)
        let item = CorpusItem(
            named: "video-00000.mp4", path: BytePath(corpus.folder + "/videos/video-00000.mp4"))
        let result = try preparation.prepare(
            item, video: String(repeating: "0", count: 32), to: path, listed: item.identity)
        #expect(result.outcome == .done)
    }

    @Test(arguments: [false, true]) func whatWaitsInFilesIsStoredAsWhatWaitsInMemory(_ isStabilised: Bool) throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            corpus.settings.ingest.flow.direction = .both
            corpus.settings.ingest.flow.step = 2
            corpus.settings.ingest.stabilise.enabled = isStabilised
            corpus.settings.ingest.policy[flag: SegmentFlags(SegmentFlags.all)] = .keep
            try corpus.addSyntheticVideos(1)
            try Self.prepare(corpus, to: folder + "/memory.h5", HeldMemory())
            var little = HeldMemory()
            little.encodedBytes = 1500
            little.pictureBytes = 10_000
            try Self.prepare(corpus, to: folder + "/files.h5", little)
            let digests = try ["memory", "files"].map { try SHA256.digest(ofFile: "\(folder)/\($0).h5").hex }
            #expect(digests[0] == digests[1])
            let left = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
            #expect(left == ["files.h5", "memory.h5", "videos"])
        }
    }

    /// Of large frames only some are looked at for missed borders; what is found stays.
    @Test func aMissedBorderIsFoundInTheFramesThatAreKept() throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            try PolicyClip.write(folder + "/videos/video-00000.mp4", [.lively, .lively], bar: 12)
            corpus.settings.ingest.policy[flag: [.blackBorder, .borderChange]] = .keep
            var few = HeldMemory()
            few.greyBytes = 1
            try Self.prepare(corpus, to: folder + "/all.h5", HeldMemory())
            try Self.prepare(corpus, to: folder + "/few.h5", few)
            let depths = try ["all", "few"].map { name in
                try StoreReader(path: "\(folder)/\(name).h5").segments.map { $0.segment.measures[.borderMissed] }
            }
            #expect(depths[0] == depths[1])
        }
    }

    @Test func whatWouldTakeMoreThanTheLimitIsRefusedBeforeItIsDecoded() throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(1)
            try VideoContainmentTests.writeClip(folder + "/videos/wide.mkv", width: 640, height: 16, codec: "ffv1")
            corpus.settings.ingest.video.shortSide = 200
            corpus.settings.ingest.limits.maxMemoryMegabytes = 220
            let report = try IngestStage.run(corpus.workspace, corpus.context) { step, listed in
                if step == .decoding, listed.contains("wide") { throw Injected() }
            }
            #expect(report.counts.done == 1 && report.counts.failed == 1)
            let catalog = try Catalog(path: corpus.workspace.catalog, access: .readOnly)
            let record = try catalog.outcome(of: "videos/wide.mkv", stage: StageName.ingest)
            let reason = try #require(record?.outcome.reason)
            #expect(reason.code == "memory-limit" && reason.detail.contains("8000 × 200"), "\(reason)")
            #expect(reason.detail.contains("limits.max_memory_mb (220)"))
        }
    }
}
