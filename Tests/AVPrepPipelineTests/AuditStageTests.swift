import AVPrepAudit
import AVPrepCases
import AVPrepCore
import AVPrepIngest
import AVPrepPairs
import AVPrepSettings
import AVPrepShard
import AVPrepVision
import Foundation
import TestSupport
import Testing

/// The whole way from encoded videos to the audit's verdict; `avprep-bench audit` does it with every cue.
@Suite struct AuditStageTests {
    /// Bars that grow lighter tell forward from backward until they are cropped.
    @Test func aCueInTheBordersLeaksUntilItIsCropped() throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            corpus.settings.workers = 2
            corpus.settings.ingest.isolation = .none
            corpus.settings.shard.pairs = PairSettings(recipe: .arrowOfTime)
            var cues = CueCorpus(.brighteningBars, videos: 26)
            (cues.width, cues.height, cues.seconds) = (64, 48, 2)
            try cues.write(to: folder + "/videos", workers: 2)
            var settings = AuditSettings()
            settings.probes = [.border, .globalMotion, .loudness]

            corpus.settings.ingest.borders.method = .off
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            _ = try ShardStage.run(corpus.workspace, corpus.context)
            let planted = try AuditStage.run(corpus.workspace, corpus.context, settings)
            #expect(planted.leaks.map(\.probe) == [.border] && planted.exitStatus == .badInput, "\(planted.text)")
            #expect(planted.text.contains("LEAK: arrow_of_time, positive / reversed: border"))
            #expect(planted.text.contains("policy.black_border: fix"))

            corpus.settings.ingest.borders.method = .robust
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            _ = try ShardStage.run(corpus.workspace, corpus.context)
            let stripped = try AuditStage.run(corpus.workspace, corpus.context, settings)
            #expect(stripped.leaks.isEmpty, "\(stripped.text)")
        }
    }
}
