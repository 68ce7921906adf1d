import AVPrepIngest
import AVPrepMedia
import AVPrepModel
import AVPrepSettings
import AVPrepStore
import AVPrepVision
import Foundation
import TestSupport
import Testing

/// Sound of which more than a few per cent is silence filled in, through ingest.
@Suite struct PatchedSoundTests {
    /// Ten seconds of pictures that move, and of a tone with pieces missing.
    ///
    /// - Parameter gaps: start and length of what is missing, in seconds.
    private func write(_ path: String, gaps: [(start: Double, seconds: Double)]) throws {
        let writer = try MediaWriter(
            path: path, video: VideoEncoding(width: 64, height: 48, frameRate: Rational(25), preset: "ultrafast"),
            audio: AudioEncoding(codec: "pcm_s16le", sampleRate: 16_000, channels: 1))
        let picture = PixelBuffer(width: 64, height: 48, channels: 3)
        for index in 0..<250 {
            for place in 0..<picture.pixels.count { picture.pixels[place] = UInt8((place * 7 + index * 5) % 251) }
            try writer.write(frame: picture, at: Double(index) / 25)
        }
        var now = 0.0
        for gap in gaps + [(10, 0)] {
            let tone = (Int(now * 16_000)..<Int(gap.start * 16_000)).map {
                0.5 * Float(sin(2 * .pi * 440 * Double($0) / 16_000))
            }
            if now > 0 { try writer.skipSound(to: now) }
            try writer.write(samples: tone, at: now)
            now = gap.start + gap.seconds
        }
        try writer.finish()
    }

    @Test func patchedSoundIsFlaggedWithItsShareAndLeftOut() throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            corpus.settings.ingest.segmentSeconds = 10
            corpus.settings.ingest.flow.method = .off
            corpus.settings.ingest.cameraMotion.enabled = false
            corpus.settings.ingest.splitAtCuts = false
            corpus.settings.ingest.policy[flag: .constantTone] = .keep
            try write("\(folder)/videos/much.mkv", gaps: (1..<9).map { (Double($0), 0.1) })
            try write("\(folder)/videos/little.mkv", gaps: [(4, 0.1)])
            try write("\(folder)/videos/none.mkv", gaps: [])
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            let files = try corpus.digests("prepared").keys.map { "\(folder)/prepared/\($0)" }
            #expect(files.count == 3)
            for segment in try files.flatMap({ try StoreReader(path: $0).segments.map(\.segment) }) {
                let share = Double(try #require(segment.measures[.patchedShare]))
                let isMuch = segment.source.contains("much")
                let lost = isMuch ? 0.8 : segment.source.contains("little") ? 0.1 : 0
                #expect(abs(share - lost / 10) < 0.003, "\(segment.source): \(share)")
                #expect(segment.flags.contains(.patchedSound) == isMuch)
                #expect(segment.decision.droppedBy.contains(.patchedSound) == isMuch)
                #expect(segment.measures[.clockDrift] == nil)
            }
        }
    }
}
