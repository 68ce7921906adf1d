import AVPrepCore
import AVPrepMedia
import AVPrepModel
import AVPrepSeparation
import AVPrepSettings
import AVPrepTraining
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

@testable import AVPrepPipeline

/// The small pipeline of separation, from its file to separated films, with fewer videos and steps.
@Suite struct QuickSeparateTests {
    /// Pictures and sound of some seconds, as a phone, a dashcam or a screen recorder might leave them.
    private func film(
        _ path: String, seconds: Double, sampleRate: Int = 16_000, channels: Int = 1, hasPicture: Bool = true,
        hasSound: Bool = true, container: String? = nil, audio: String = "aac", bars: Int = 0
    ) throws {
        let height = 48 + 2 * bars
        let writer = try MediaWriter(
            path: path, container: container,
            video: hasPicture ? VideoEncoding(width: 64, height: height, frameRate: Rational(25), quality: 4) : nil,
            audio: hasSound ? AudioEncoding(codec: audio, sampleRate: sampleRate, channels: channels) : nil)
        let picture = PixelBuffer(width: 64, height: height, channels: 3)
        let bar = bars * picture.rowBytes
        for frame in 0..<(hasPicture ? Int(seconds * 25) : 0) {
            for index in bar..<picture.pixels.count - bar {
                picture.pixels[index] = UInt8(truncatingIfNeeded: index - bar + 3 * frame)
            }
            try writer.write(frame: picture, at: Double(frame) / 25)
        }
        if hasSound {
            let samples = (0..<Int(seconds * Double(sampleRate))).flatMap { number in
                [Float](
                    repeating: Float(0.3 * sin(2 * .pi * 440 * Double(number) / Double(sampleRate))), count: channels)
            }
            try writer.write(samples: samples)
        }
        try writer.finish()
    }

    private func sound(_ path: String) throws -> [Double] {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)).dropFirst(44))
        return stride(from: 0, to: bytes.count - 1, by: 2).map {
            Double(Int16(bitPattern: UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8))
        }
    }

    private func names(_ folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    @Test(.enabled(if: Products.hasEngine, "make engine builds it"))
    func quickSeparateRunsFromVideosToSeparatedFilms() throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            let text = try String(contentsOfFile: Oracle.repository + "/pipelines/quick-separate.yaml", encoding: .utf8)
            corpus.settings = try PipelineFile.parse(
                text, name: "quick-separate.yaml",
                overrides: [
                    "workers=2", "synth.seconds=3", "synth.fps=16", "ingest.isolation=none", "synth.width=64",
                    "synth.height=48", "ingest.segment_seconds=3", "ingest.video.short_side=32",
                    "ingest.camera_motion.enabled=false", "shard.split.val=0", "shard.split.test=0.4",
                    "shard.pairs.pairs_per_segment=4", "shard.pairs.clip_seconds=1.125", "shard.pairs.gap_seconds=0.25",
                    "train.separation.windows=64", "train.separation.width=2", "train.model.crop_size=16",
                    "train.model.video.width=2", "train.model.audio.width=2", "train.batch_size=4",
                    "train.pairs_per_epoch=8", "train.threads=1",
                    "train.stages=[{name: separation, set: easy, epochs: 2}]",
                ])
            try corpus.addSyntheticVideos(10)
            let report = try RunStage.run(corpus.workspace, corpus.context)
            #expect(report.train.steps == 4)
            let result = try #require(report.evaluate.evaluation.separation)
            #expect(result.mixtures > 0 && report.text.contains("SDR of the mixture"))
            #expect(report.text.contains("on-screen") && report.text.contains("mixtures of the test split"))
            let run = corpus.workspace.runFolder
            try separatesFilms(folder, run, corpus)
        }
    }

    private func separatesFilms(_ folder: String, _ run: String, _ corpus: SmallCorpus) throws {
        func separate(_ film: String, into: String, _ change: (inout SeparateStage.Request) -> Void = { _ in }) throws
            -> SeparateStage.Report
        {
            var request = SeparateStage.Request()
            request.folder = "\(folder)/\(into)"
            change(&request)
            return try SeparateStage.run(
                BytePath("\(folder)/\(film)"), run: run, corpus.workspace, request, corpus.context)
        }
        func refusal(_ film: String, into: String = "refused") -> String {
            do {
                _ = try separate(film, into: into)
                return "not refused"
            } catch { return "\(error)" }
        }
        // A name with a line break and a quote; stereo at another rate; several clips.
        try film("\(folder)/a\n'b.mp4", seconds: 3, sampleRate: 44_100, channels: 2)
        let report = try separate("a\n'b.mp4", into: "long")
        #expect(names("\(folder)/long") == ["off.mp4", "off.wav", "on.mp4", "on.wav"])
        #expect(abs(report.seconds - 3) < 0.15 && report.clips >= 3 && report.sampleRate == 16_000)
        for name in ["on", "off"] {
            let info = try MediaFile(path: "\(folder)/long/\(name).mp4").info
            #expect(info.video?.codec == "h264" && info.audio?.codec == "aac")
            #expect(abs((info.durationSeconds ?? 0) - 3) < 0.2)
        }
        let before = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/long/on.wav"))
        #expect(before.count == 44 + 2 * Int((report.seconds * 16_000).rounded()))
        // What is there stays, unless it is asked for; and the same film gives the same bytes.
        #expect(refusal("a\n'b.mp4", into: "long").contains("is there already; give --overwrite"))
        _ = try separate("a\n'b.mp4", into: "long") { $0.overwrites = true }
        #expect(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/long/on.wav")) == before)

        // Shorter than a clip, mono at 8 kHz, in Matroska with a codec that mp4 does not take.
        try film("\(folder)/short.mp4", seconds: 0.3, sampleRate: 8000)
        let short = try separate("short.mp4", into: "short") { $0.writesFilms = false }
        #expect(
            short.clips == 1 && abs(short.seconds - 0.3) < 0.1 && names("\(folder)/short") == ["off.wav", "on.wav"])

        // Bars are cropped for the network, as ingest crops them, and stay in the films that are written.
        try film("\(folder)/plain.mp4", seconds: 2)
        try film("\(folder)/bars.mp4", seconds: 2, bars: 16)
        _ = try separate("plain.mp4", into: "plain")
        _ = try separate("bars.mp4", into: "bars")
        var kept = corpus
        kept.settings.ingest.policy[flag: .blackBorder] = .keep
        var request = SeparateStage.Request()
        request.folder = "\(folder)/kept"
        _ = try SeparateStage.run(
            BytePath("\(folder)/bars.mp4"), run: run, kept.workspace, request, kept.context)
        let whole = try sound("\(folder)/plain/on.wav")
        let (cropped, uncropped) = (try sound("\(folder)/bars/on.wav"), try sound("\(folder)/kept/on.wav"))
        func distance(_ other: [Double]) -> Double { zip(whole, other).reduce(0) { $0 + abs($1.0 - $1.1) } }
        #expect(whole.count == cropped.count && distance(cropped) < 0.5 * distance(uncropped))
        #expect(try MediaFile(path: "\(folder)/bars/on.mp4").info.video?.displayHeight == 80)

        // Nothing to separate, nothing to see, nothing at all: nothing is left behind.
        try film("\(folder)/silent.mp4", seconds: 1, hasSound: false)
        try film("\(folder)/sound.m4a", seconds: 1, hasPicture: false, container: "mp4")
        try Data("no film".utf8).write(to: URL(fileURLWithPath: folder + "/text.mp4"))
        #expect(refusal("silent.mp4").contains("has no sound: there is nothing to separate"))
        #expect(refusal("sound.m4a").contains("has no picture"))
        #expect(refusal("text.mp4").contains("text.mp4"))
        #expect(refusal("missing.mp4").contains("missing.mp4"))
        #expect(names("\(folder)/refused").isEmpty)
        // Cut off in the middle of a film: what fails leaves nothing.
        let cancellation = Cancellation()
        cancellation.cancel(.interrupted)
        request.folder = "\(folder)/cancelled"
        #expect(throws: CancellationError.self) {
            try SeparateStage.run(
                BytePath("\(folder)/a\n'b.mp4"), run: run, corpus.workspace, request,
                StageContext(cancellation: cancellation))
        }
        #expect(names("\(folder)/cancelled").isEmpty)
    }
}
