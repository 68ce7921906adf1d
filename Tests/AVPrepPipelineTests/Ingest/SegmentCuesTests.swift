import AVPrepCases
import AVPrepCatalog
import AVPrepCore
import AVPrepIngest
import AVPrepMedia
import AVPrepModel
import AVPrepSettings
import AVPrepStore
import AVPrepVision
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

/// What ingest decides about framing, transitions and still pictures stands in the prepared file, with its values.
@Suite struct SegmentCuesTests {
    static let fps = 10.0

    /// Ingests one video of these pictures and returns its segments and what the catalog keeps of it.
    private func ingest(_ frames: [PixelBuffer], _ change: (inout IngestSettings) -> Void = { _ in }) throws -> (
        segments: [Segment], catalog: String
    ) {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            corpus.settings.ingest.video.fps = Self.fps
            corpus.settings.ingest.video.shortSide = 64
            corpus.settings.ingest.flow.method = .off
            corpus.settings.ingest.cameraMotion.enabled = false
            corpus.settings.ingest.segmentSeconds = 10
            corpus.settings.ingest.minSegmentSeconds = 0.5
            change(&corpus.settings.ingest)
            try FileManager.default.createDirectory(
                atPath: folder + "/videos", withIntermediateDirectories: true)
            let writer = try MediaWriter(
                path: folder + "/videos/clip.mp4",
                video: VideoEncoding(
                    width: frames[0].width, height: frames[0].height, frameRate: Rational(10), quality: 8),
                audio: AudioEncoding(sampleRate: 16_000, channels: 1))
            for (index, frame) in frames.enumerated() {
                try writer.write(frame: frame, at: Double(index) / Self.fps)
                let noise = (0..<1600).map { Float(sin(Double($0 * $0 % 977))) * 0.3 }
                try writer.write(samples: noise, at: Double(index) / Self.fps)
            }
            try writer.finish()
            let report = try IngestStage.run(corpus.workspace, corpus.context)
            #expect(report.exitStatus == .done)
            let catalog = try Catalog(path: corpus.workspace.catalog, access: .readOnly)
            let record = try #require(try catalog.outcome(of: "videos/clip.mp4", stage: StageName.ingest))
            let reader = try StoreReader(path: folder + "/" + (try #require(record.output)))
            let segments = reader.segments.map(\.segment)
            let video = try #require(segments.first?.videoID)
            return (segments, try catalog.media(ofVideo: video) ?? "")
        }
    }

    private func scene(_ seed: UInt64, _ count: Int, speed: Double = 0.5) -> [PixelBuffer] {
        CaseScene.painted("cue-\(seed)", width: 160, height: 120, frames: count, speed: speed, seed: seed).frames
    }

    /// The picture between black pillars.
    private func pillared(_ picture: PixelBuffer, _ depth: Int) -> PixelBuffer {
        let result = PixelBuffer(width: picture.width, height: picture.height, channels: 3)
        for y in 0..<picture.height {
            for x in depth..<picture.width - depth {
                for channel in 0..<3 {
                    let index = 3 * (y * picture.width + x) + channel
                    result.pixels[index] = picture.pixels[index]
                }
            }
        }
        return result
    }

    @Test func aSegmentEndsWhereBarsComeAndEachIsCroppedByItsOwn() throws {
        let frames = scene(1, 40) + scene(2, 40).map { pillared($0, 20) }
        let (segments, catalog) = try ingest(frames)
        #expect(segments.count >= 2)
        let (first, last) = (try #require(segments.first), try #require(segments.last))
        #expect(first.crop == .none && (first.width, first.height) == (86, 64))
        #expect(abs(last.crop.left - 21) <= 2 && abs(last.crop.right - 21) <= 2 && last.crop.top == 0)
        #expect(min(last.width, last.height) == 64 && abs(last.height - last.width) <= 6)
        #expect(segments.allSatisfy { $0.flags.contains(.borderChange) && !$0.flags.contains(.borderMissed) })
        #expect(last.flags.contains(.blackBorder) && !first.flags.contains(.blackBorder))
        #expect((last.measures[.borderConfidence] ?? 0) > 0.4 && (last.measures[.borderLevel] ?? 99) < 10)
        #expect(catalog.contains("\"framing\""))
    }

    @Test func theUnionIsOneCropForAll() throws {
        let frames = scene(1, 40) + scene(2, 40).map { pillared($0, 20) }
        let (segments, _) = try ingest(frames) { $0.borders.change = .union }
        #expect(Set(segments.map(\.crop)).count == 1)
        #expect(abs((segments.first?.crop.left ?? 0) - 21) <= 2)
    }

    /// Nothing is silently wrong: what the probed frames could not show, the segment's own do.
    @Test func aBarThatTheProbeMissedIsFlaggedWithItsSize() throws {
        // Three seconds of bars in the middle of what the single probed frame of `aot` does not see.
        let frames = scene(3, 20) + scene(4, 30).map { pillared($0, 24) } + scene(5, 20)
        let (segments, _) = try ingest(frames) { $0.borders.method = .aot }
        let missed = segments.filter { $0.flags.contains(.borderMissed) }
        #expect(missed.count == 1)
        #expect(abs((missed.first?.measures[.borderMissed] ?? 0) - 24) <= 3)
    }

    @Test func aFadeIsFlaggedWithItsLength() throws {
        let black = PixelBuffer(width: 160, height: 120, channels: 3)
        func faded(_ picture: PixelBuffer, _ light: Double) -> PixelBuffer {
            let result = PixelBuffer(width: 160, height: 120, channels: 3)
            for index in result.pixels.indices { result.pixels[index] = UInt8(light * Double(picture.pixels[index])) }
            return result
        }
        let first = scene(6, 40).enumerated().map { faded($1, min(1, Double(40 - $0) / 8)) }
        let second = scene(7, 40).enumerated().map { faded($1, min(1, Double($0 + 1) / 8)) }
        let (segments, catalog) = try ingest(first + [black, black, black] + second)
        #expect(segments.count == 2)
        #expect(segments.allSatisfy { $0.flags.contains(.fade) })
        #expect(abs((segments[0].measures[.fadeOut] ?? 0) - 0.8) <= 0.21 && segments[0].measures[.fadeIn] == 0)
        #expect(abs((segments[1].measures[.fadeIn] ?? 0) - 0.8) <= 0.21)
        #expect(catalog.contains("fade-out") && catalog.contains("fade-in"))
    }

    @Test func stillPicturesThatFollowOneAnotherAreASlideShow() throws {
        let slides = (10..<13).flatMap { seed in Array(repeating: scene(UInt64(seed), 1)[0], count: 30) }
        let (segments, _) = try ingest(slides + scene(13, 30, speed: 2))
        #expect(segments.count == 4)
        #expect(segments.map { $0.flags.contains(.slideshow) } == [true, true, true, false])
        #expect(segments.map { $0.flags.contains(.still) } == [true, true, true, false])
        #expect((segments.first?.measures[.stillShare] ?? 0) > 0.9)
        #expect((segments.first?.measures[.longestStill] ?? 0) > 2.5)
        #expect((segments.last?.measures[.stillShare] ?? 1) < 0.2 && (segments.last?.measures[.meanChange] ?? 0) > 1)
    }
}
