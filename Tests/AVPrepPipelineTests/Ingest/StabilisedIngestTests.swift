import AVPrepCases
import AVPrepMedia
import AVPrepModel
import AVPrepSettings
import AVPrepStore
import AVPrepVision
import Foundation
import TestSupport
import Testing

@testable import AVPrepIngest

/// From a film along a known camera path to stabilised frames and their flow.
@Suite struct StabilisedIngestTests {
    static let scenes = (0..<4).map {
        CaseScene.painted("stabilised-\($0)", width: 288, height: 162, frames: 2, seed: UInt64($0))
    }

    static func film(_ kind: CameraCase.Kind) -> CameraCase {
        CameraCase(kind, number: 2, scenes: scenes, width: 256, height: 144, frames: 41)
    }

    /// Writes a film, with a tone, and gives it to `body` as a corpus.
    static func withCorpus<Result>(_ films: [CameraCase], _ body: (SmallCorpus) throws -> Result) throws -> Result {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            corpus.settings.ingest.segmentSeconds = 10
            corpus.settings.ingest.video.fps = CameraCase.fps
            corpus.settings.ingest.video.shortSide = 144
            corpus.settings.ingest.video.codec = .raw
            corpus.settings.ingest.flow.codec = .float16
            corpus.settings.ingest.flow.direction = .both
            corpus.settings.ingest.borders.method = .off
            corpus.settings.ingest.splitAtCuts = false
            for (number, film) in films.enumerated() {
                let writer = try MediaWriter(
                    path: "\(folder)/videos/\(number).mp4",
                    video: VideoEncoding(
                        width: 256, height: 144, frameRate: Rational(Int(CameraCase.fps)), quality: 12),
                    audio: AudioEncoding(sampleRate: 16_000, channels: 1))
                for (index, grey) in film.frames.enumerated() {
                    let frame = PixelBuffer(width: grey.width, height: grey.height, channels: 3)
                    for place in grey.pixels.indices {
                        for channel in 0..<3 { frame.pixels[3 * place + channel] = grey.pixels[place] }
                    }
                    try writer.write(frame: frame, at: Double(index) / CameraCase.fps)
                }
                let seconds = Double(film.frames.count) / CameraCase.fps
                try writer.write(samples: (0..<Int(seconds * 16_000)).map { 0.3 * sin(Float($0) * 0.17) })
                try writer.finish()
            }
            return try body(corpus)
        }
    }

    static func prepared(_ corpus: SmallCorpus) throws -> [StoreReader] {
        _ = try IngestStage.run(corpus.workspace, corpus.context)
        return try corpus.digests("prepared").keys.sorted().map {
            try StoreReader(path: "\(corpus.folder)/prepared/\($0)")
        }
    }

    /// Median length of the stored flow, in pixels: more than half of the picture is background.
    static func medianFlow(_ reader: StoreReader, _ direction: StoreLayout.FlowDirection) throws -> Double {
        let stored = try #require(reader.segments.first)
        var lengths: [Double] = []
        for row in stored.flow[direction] ?? 0..<0 {
            try reader.withFlowBytes(direction, row) { bytes in
                let count = bytes.count / 4
                for place in stride(from: 0, to: count, by: 7) {
                    let x = Double(bytes.loadUnaligned(fromByteOffset: 2 * place, as: Float16.self))
                    let y = Double(bytes.loadUnaligned(fromByteOffset: 2 * (count + place), as: Float16.self))
                    lengths.append((x * x + y * y).squareRoot())
                }
            }
        }
        return lengths.sorted()[lengths.count / 2]
    }

    /// How far the background moves from each stored frame to the next, by the film's truth and the stored way back.
    static func residuals(_ reader: StoreReader, _ film: CameraCase) throws -> [Double] {
        let stored = try #require(reader.segments.first)
        let seen = try zip(film.views, reader.motion(stored.frames)).map { view, motion in
            Homography(elements: view) * Homography(elements: motion.source.map(Double.init))
        }
        return try zip(seen, seen.dropFirst()).map { before, after in
            let step = try #require(before.inverse) * after
            var sum = 0.0
            for cell in 0..<64 {
                let place = SIMD2(Double(cell % 8) + 0.5, Double(cell / 8) + 0.5) / 8
                let point = place * SIMD2(Double(stored.segment.width), Double(stored.segment.height))
                let miss = step.apply(point) - point
                sum += (miss * miss).sum().squareRoot()
            }
            return sum / 64
        }
    }

    @Test func aShakyFilmIsStoredAtRest() throws {
        let film = Self.film(.shake)
        try Self.withCorpus([film]) { corpus in
            let shaky = try #require(try Self.prepared(corpus).first)
            #expect(try Self.medianFlow(shaky, .forward) > 1)
            #expect(!shaky.layout.mayBeStabilised && shaky.segments[0].segment.stabilised == nil)
            let moved = try shaky.motion(shaky.segments[0].frames)
            #expect(!moved.isEmpty && moved.allSatisfy { $0.source == FrameMotion.unmoved })
        }
        try Self.withCorpus([film]) { corpus in
            var corpus = corpus
            corpus.settings.ingest.stabilise.enabled = true
            let steady = try #require(try Self.prepared(corpus).first)
            #expect(steady.segments.count == 1)
            let segment = steady.segments[0].segment
            let framing = try #require(segment.stabilised)
            #expect(framing.width == 256 && framing.height == 144)
            #expect(framing.crop.top + framing.crop.bottom > 0)
            #expect(min(segment.width, segment.height) == 144 && segment.frameCount == film.frames.count)
            #expect(segment.flags.contains(.shake) && !segment.flags.contains(.notStabilised))
            let residuals = try Self.residuals(steady, film)
            #expect(residuals.reduce(0, +) / Double(residuals.count) <= 0.3)
            for direction in StoreLayout.FlowDirection.allCases {
                #expect(steady.segments[0].flow[direction]?.count == film.frames.count - 1)
                // What is left of two frames, and what dense flow itself is wrong by.
                let flow = try Self.medianFlow(steady, direction)
                #expect(flow < 0.5, "\(flow) pixels \(direction)")
            }
            // What is stored as motion is what is left of it.
            let left = try steady.motion(steady.segments[0].frames)
            #expect(!left.isEmpty)
            #expect(left.allSatisfy { abs($0.homography[2]) < 2 && abs($0.homography[5]) < 2 })
        }
    }

    /// A pan that leaves less than wanted: frames stay as they are, and the segment says so.
    @Test func whatCannotBeStabilisedIsStoredAsItIsAndFlagged() throws {
        try Self.withCorpus([Self.film(.pan)]) { corpus in
            var corpus = corpus
            let plain = try #require(try Self.prepared(corpus).first)
            let frames = try plain.segments[0].frames.map { row in try plain.withFrameBytes(row) { Array($0) } }
            try FileManager.default.removeItem(atPath: corpus.folder + "/prepared")
            corpus.settings.ingest.stabilise.enabled = true
            corpus.settings.ingest.stabilise.smallestShare = 1
            let kept = try #require(try Self.prepared(corpus).first)
            let segment = kept.segments[0].segment
            #expect(segment.flags.contains(.notStabilised) && segment.stabilised == nil)
            let share = try #require(segment.measures[.stabilisedShare])
            #expect(share < 1)
            #expect(try kept.segments[0].frames.map { row in try kept.withFrameBytes(row) { Array($0) } } == frames)
            let rows = try #require(kept.segments[0].flow[.forward])
            for (row, other) in zip(rows, plain.segments[0].flow[.forward] ?? 0..<0) {
                let bytes = try kept.withFlowBytes(.forward, row) { Array($0) }
                #expect(try plain.withFlowBytes(.forward, other) { Array($0) } == bytes)
            }
        }
    }

    @Test func theSameBytesComeFromAnyNumberOfWorkers() throws {
        let digests = try [1, 2].map { workers in
            try Self.withCorpus([.shake, .mixed, .drift].map(Self.film)) { corpus in
                var corpus = corpus
                corpus.settings.workers = workers
                corpus.settings.ingest.flow.method = .off
                corpus.settings.ingest.stabilise.enabled = true
                #expect(try Self.prepared(corpus).count == 3)
                return try corpus.digests("prepared")
            }
        }
        #expect(digests[0] == digests[1])
    }
}
