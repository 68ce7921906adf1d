import AVPrepCatalog
import AVPrepCore
import AVPrepIngest
import AVPrepModel
import AVPrepSettings
import AVPrepStore
import AVPrepSynth
import AVPrepVision
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

/// Cuts are found in the practice corpus where they are planted, and nowhere else: its impacts light up the room.
@Suite struct CutsOnPracticeCorpusTests {
    @Test func videosWithoutCutsStayWhole() throws {
        let segments = try Self.prepared(videos: 6, seconds: 3)
        #expect(segments.count == 6)
        for (video, segments) in segments {
            #expect(segments.count == 1, "\(video.file) begins anew at \(segments.dropFirst().map(\.startSeconds)) s")
            // The walls beside the room are no bars.
            #expect(segments.allSatisfy { $0.flags.isDisjoint(with: [.fillerBorder, .blackBorder]) }, "\(video.file)")
        }
    }

    @Test func segmentsBeginAtPlantedCuts() throws {
        for (video, segments) in try Self.prepared(videos: 3, seconds: 5, cues: [.cut]) {
            var cuts: [Double] = []
            for case .cut(let cut) in video.cues { cuts += cut.seconds }
            #expect(!cuts.isEmpty)
            let starts = segments.dropFirst().map(\.startSeconds)
            #expect(starts.count == cuts.count, "\(video.file): cuts at \(cuts) s, segments begin at \(starts) s")
            // The first frame of the file after the cut is shown by the first frame of ingest after that.
            for (cut, start) in zip(cuts, starts) {
                #expect(start > cut - 0.001 && start < cut + 1 / Self.ingestFPS + 1 / Self.synthFPS, "\(video.file)")
            }
        }
    }

    static let synthFPS = 25.0
    static let ingestFPS = 16.0

    /// Makes and ingests videos.
    ///
    /// - Returns: each video's truth and its segments, in order of time.
    static func prepared(videos: Int, seconds: Double, cues: [SynthCueKind] = []) throws -> [(
        SynthTruth.Video, [Segment]
    )] {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            corpus.settings.ingest.segmentSeconds = 10
            corpus.settings.ingest.video.fps = ingestFPS
            corpus.settings.ingest.video.shortSide = 60
            corpus.settings.ingest.flow.method = .off
            corpus.settings.synth.videos = videos
            corpus.settings.synth.seconds = seconds
            corpus.settings.synth.width = 160
            corpus.settings.synth.height = 120
            corpus.settings.synth.fps = synthFPS
            corpus.settings.synth.cues = cues.isEmpty ? 0 : 1
            corpus.settings.synth.cueKinds = cues
            let truth = try SynthCorpus.make(corpus.settings.synth, in: folder + "/videos", workers: 2)
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            let catalog = try Catalog(path: corpus.workspace.catalog, access: .readOnly)
            return try truth.videos.map { video in
                let record = try #require(try catalog.outcome(of: "videos/\(video.file)", stage: StageName.ingest))
                let output = try #require(record.output)
                return (video, try StoreReader(path: folder + "/" + output).segments.map(\.segment))
            }
        }
    }
}
