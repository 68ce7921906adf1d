import AVPrepCore
import AVPrepMedia
import AVPrepModel
import AVPrepStore
import AVPrepVision
import Foundation
import TestSupport
import Testing

@testable import AVPrepIngest
@testable import AVPrepInspect
@testable import AVPrepSettings
@testable import AVPrepShard
@testable import AVPrepWorkspace

@Suite struct InspectionTests {
    /// A clip of two shots between black bars: sound with a pause, the second shot still. 160 × 120 at 25 fps.
    private func writeClip(_ path: String) throws {
        let writer = try MediaWriter(
            path: path, video: VideoEncoding(width: 160, height: 120, frameRate: Rational(25, 1)),
            audio: AudioEncoding(sampleRate: 16_000, channels: 1))
        let picture = PixelBuffer(width: 160, height: 120, channels: 3)
        var random = SeededRandom(seed: 3)
        let texture = (0..<400 * 200).map { _ in UInt8(60 + random.below(180)) }
        for frame in 0..<100 {
            // The first shot pans by 3 pixels a frame over noise of 4 × 4 pixels; the second is a frozen gradient.
            for y in 20..<100 {
                for x in 0..<160 {
                    let level = frame < 50 ? texture[(y / 4) * 400 + (x + 3 * frame) / 4] : UInt8(x + y / 2)
                    for channel in 0..<3 {
                        picture.pixels[(y * 160 + x) * 3 + channel] = channel == 0 || frame < 50 ? level : 40
                    }
                }
            }
            try writer.write(frame: picture, at: Double(frame) / 25)
            let samples = (0..<640).map { index -> Float in
                let time = Double(frame * 640 + index) / 16_000
                return (1.0..<2.5).contains(time) ? 0 : Float(0.5 * sin(2 * .pi * 440 * time))
            }
            try writer.write(samples: samples)
        }
        try writer.finish()
    }

    private func inspect(_ path: String, _ drawings: InspectStage.Drawings = .init()) throws -> InspectionReport {
        var settings = IngestSettings()
        settings.video.shortSide = 64
        settings.flow.preset = .ultrafast
        return try InspectStage.run(path, settings: settings, drawings: drawings, StageContext())
    }

    private func media(_ report: InspectionReport) throws -> MediaReport {
        guard case .media(let media) = report.content else { throw CocoaError(.coderInvalidValue) }
        return media
    }

    @Test func theReportTellsWhatIngestSees() throws {
        try withTemporaryFolder { folder in
            try writeClip(folder + "/clip.mp4")
            let report = try inspect(folder + "/clip.mp4")
            #expect(report.exitStatus == .done)
            let media = try media(report)
            #expect(media.media.video?.codec == "h264" && media.decode?.decodedPictures == 100)
            let seen = try #require(media.seen)
            // One pixel of margin is cut too, and crops are even.
            #expect((19...22).contains(seen.border.top) && (19...22).contains(seen.border.bottom))
            #expect(seen.border.left == 0 && seen.border.right == 0)
            #expect(seen.cutSeconds == [2])
            #expect(seen.segments.map(\.seconds) == [2, 2] && seen.segments.map(\.startSeconds) == [0, 2])
            #expect(seen.segments[0].flags.contains("pan") && seen.segments[1].flags.contains("still"))
            #expect(seen.segments.allSatisfy { !$0.isDropped })
            let silent = try #require(seen.silent?.list.first)
            #expect(abs(silent.startSeconds - 1) < 0.15 && abs(silent.endSeconds - 2.5) < 0.15)
            let still = try #require(seen.still.list.last)
            #expect(abs(still.startSeconds - 2) < 0.1 && still.endSeconds > 3.8)
            let sound = try #require(seen.sound)
            // A sine of amplitude 0.5 for 2.5 of 4 s: 0.5 · √(½ · 0.625) = -11.1 dB.
            #expect(abs(sound.decibels + 11.1) < 0.3 && (-6.1...(-3)).contains(sound.peakDecibels))
            for word in [
                "h264", "160 × 120", "25 fps", "aac", "16000 Hz, mono", "+0.0 ms (sound after picture)",
                "25 fps measured",
                "key frames", "bit rates", "pan 2 s",
            ] {
                #expect(report.text.contains(word), "\(word) in:\n\(report.text)")
            }
        }
    }

    @Test func drawingsShowTheSameStretchAndCanBeReadByOthers() throws {
        try withTemporaryFolder { folder in
            try writeClip(folder + "/clip.mp4")
            _ = try inspect(folder + "/clip.mp4", .init(sheet: folder + "/sheet.png", flow: folder + "/flow.png"))
            for name in ["sheet", "flow"] {
                let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name).png"))
                #expect(data.starts(with: [0x89, 0x50, 0x4E, 0x47]) && data.count > 20_000, "\(name)")
            }
        }
    }

    private struct Kind: Decodable {
        let kind: String
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func theOutputKeepsToItsSchema() throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(2)
            try writeClip(folder + "/videos/clip.mp4")
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            _ = try ShardStage.run(corpus.workspace, corpus.context)
            let silent = folder + "/mute.mp4"
            let writer = try MediaWriter(
                path: silent, video: VideoEncoding(width: 64, height: 48, frameRate: Rational(25, 1)), audio: nil)
            for frame in 0..<30 {
                try writer.write(frame: PixelBuffer(width: 64, height: 48, channels: 3), at: Double(frame) / 25)
            }
            try writer.finish()
            let stored = try corpus.digests("prepared").keys.sorted().map { "\(folder)/prepared/\($0)" }
            let shards = try corpus.digests("shards").keys.filter { $0.hasSuffix("00000.h5") }.map {
                "\(folder)/shards/\($0)"
            }
            #expect(!shards.isEmpty)
            var outputs: [String] = []
            var kinds: Set<String> = []
            for path in [folder + "/videos/clip.mp4", silent] + stored + shards {
                outputs.append("\(folder)/\(outputs.count).json")
                let text = try CanonicalJSON.encode(try inspect(path))
                kinds.insert(try JSONDecoder().decode(Kind.self, from: Data(text.utf8)).kind)
                try Data(text.utf8).write(to: URL(fileURLWithPath: outputs[outputs.count - 1]))
            }
            let faults = try Oracle.schemaFaults(
                "inspect.schema.json", outputs,
                breakages: [
                    "d.update(kind='other')", "d['seen'].pop('border')",
                    "d['media']['video'].update(rotationDegrees=45)",
                    "d['seen']['segments'][0].update(extra=1)",
                ])
            #expect(faults == [])
            #expect(kinds == ["media", "prepared", "shard"])
        }
    }

    @Test func preparedFilesAndShardsAreDrawnFromWhatIsStored() throws {
        try withTemporaryFolder { folder in
            let corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(1)
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            let path = try folder + "/prepared/" + #require(try corpus.digests("prepared").keys.first)
            let report = try inspect(path, .init(sheet: folder + "/sheet.png", flow: folder + "/flow.png"))
            #expect(report.text.contains("prepared") && report.text.contains("video-00000.mp4"))
            for name in ["sheet", "flow"] {
                #expect(FileManager.default.fileExists(atPath: "\(folder)/\(name).png"))
            }
            let content = try StoreSheet.content(of: StoreReader(path: path), tiles: .strip)
            #expect(content.end == 4 && content.cuts == [2] && content.tiles.count > 4)
            #expect(content.tiles.allSatisfy { $0.flow != nil })
            let levels = try #require(content.spectrogram?.levels(0.99, 1.01))
            #expect(levels.count == 40 && levels.allSatisfy { $0.isFinite })
        }
    }

    @Test func whatCannotBeInspectedIsSaidInOneLine() throws {
        try withTemporaryFolder { folder in
            func expectBadInput(_ path: String, _ drawings: InspectStage.Drawings = .init()) {
                do {
                    _ = try inspect(path, drawings)
                    Issue.record("\(path) passes")
                } catch let error as any ActionableError {
                    #expect(error.exitStatus == .badInput)
                    #expect(error.description.contains(path) && !error.description.contains("\n"))
                } catch {
                    Issue.record("\(error)")
                }
            }
            expectBadInput(folder + "/missing.mp4")
            expectBadInput(folder)
            try Data("no video at all, but some text".utf8).write(to: URL(fileURLWithPath: folder + "/text.mp4"))
            expectBadInput(folder + "/text.mp4")
            try Data([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A] + [UInt8](repeating: 7, count: 99))
                .write(to: URL(fileURLWithPath: folder + "/broken.h5"))
            expectBadInput(folder + "/broken.h5")
            // Sound alone is a report with a fault, and no drawing.
            let writer = try MediaWriter(
                path: folder + "/sound.mp4", video: nil, audio: AudioEncoding(sampleRate: 16_000, channels: 1))
            try writer.write(samples: [Float](repeating: 0.1, count: 16_000))
            try writer.finish()
            let report = try inspect(folder + "/sound.mp4")
            #expect(report.exitStatus == .badInput && report.text.contains("no-video"))
            expectBadInput(folder + "/sound.mp4", .init(sheet: folder + "/sheet.png"))
            #expect(!FileManager.default.fileExists(atPath: folder + "/sheet.png"))
        }
    }
}
