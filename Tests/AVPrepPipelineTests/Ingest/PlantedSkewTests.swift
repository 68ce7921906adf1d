import AVPrepIngest
import AVPrepModel
import AVPrepSettings
import AVPrepStore
import AVPrepSynth
import AVPrepVision
import Foundation
import TestSupport
import Testing

@Suite struct PlantedSkewTests {
    @Test func plantedSkewsAreMeasuredThroughFilesAndEarlySoundIsFlagged() throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            corpus.settings.ingest.segmentSeconds = 10
            corpus.settings.ingest.video.fps = 25
            corpus.settings.ingest.flow.method = .off
            corpus.settings.ingest.cameraMotion.enabled = false
            corpus.settings.synth.seconds = 8
            corpus.settings.synth.fps = 25
            let skews = [-0.4, 0, 0.24, 0.6, -0.24, -0.7]
            for (number, skew) in skews.enumerated() {
                let plan = SynthVideo.plan(
                    corpus.settings.synth, number: number,
                    cues: skew == 0 ? [] : [.skew(.init(mode: .content, seconds: skew))])
                try SynthRenderer.render(plan, to: "\(folder)/videos/\(number).mp4")
            }
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            let files = try corpus.digests("prepared").keys.map { "\(folder)/prepared/\($0)" }
            #expect(files.count == skews.count)
            for segment in try files.flatMap({ try StoreReader(path: $0).segments.map(\.segment) }) {
                let number = try #require(segment.source.split(separator: "/").last.flatMap { Int($0.prefix(1)) })
                let found = Double(try #require(segment.measures[.skewEstimate]))
                #expect(abs(found - skews[number]) < 0.05, "\(segment.measures)")
                // Late sound may have come from afar, as that of fireworks.
                #expect(segment.flags.contains(.skewed) == (skews[number] < 0))
                #expect(!segment.flags.contains(.startSkew))
            }
        }
    }
}
