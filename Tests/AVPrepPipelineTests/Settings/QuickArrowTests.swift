import AVPrepCatalog
import AVPrepIngest
import AVPrepModel
import AVPrepSettings
import AVPrepStore
import AVPrepSynth
import AVPrepTraining
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

@testable import AVPrepPipeline

/// The small pipeline of Arrow of Time, from its file to its evaluation, with fewer videos and steps.
@Suite struct QuickArrowTests {
    private static func corpus(_ folder: String, _ overrides: [String]) throws -> SmallCorpus {
        var corpus = try SmallCorpus(folder)
        let text = try String(contentsOfFile: Oracle.repository + "/pipelines/quick-arrow.yaml", encoding: .utf8)
        corpus.settings = try PipelineFile.parse(
            text, name: "quick-arrow.yaml",
            overrides: [
                "workers=2", "synth.videos=24", "synth.seconds=2.2", "synth.fps=16", "synth.width=80",
                "synth.height=60",
                "ingest.isolation=none", "ingest.video.short_side=32", "shard.split.val=0.2", "shard.split.test=0.3",
                "shard.pairs.pairs_per_segment=24", "train.model.crop_size=32", "train.model.video.width=4",
                "train.batch_size=16", "train.threads=1", "train.pairs_per_epoch=288",
                "train.stages=[{name: arrow, set: arrow_of_time, epochs: 3}]",
            ] + overrides)
        _ = try SynthStage.run(corpus.workspace, folder: nil, corpus.context)
        return corpus
    }

    /// With cues in every video, and none of them removed, a few steps are enough to see them.
    @Test(.enabled(if: Products.hasEngine, "make engine builds it"))
    func quickArrowLearnsFromVideosToItsEvaluation() throws {
        try withTemporaryFolder { folder in
            let corpus = try Self.corpus(
                folder,
                [
                    "synth.black_framing=1", "synth.camera_motion=0", "policy.black_border=keep",
                    "ingest.stabilise.enabled=false",
                ])
            let report = try RunStage.run(corpus.workspace, corpus.context)
            #expect(report.ingest.counts.done == 24 && report.train.steps == 54)
            let evaluation = report.evaluate.evaluation
            #expect(evaluation.conditions.map(\.set) == ["arrow_of_time"] && evaluation.offsets == nil)
            #expect((evaluation.conditions[0].auc ?? 0) > 0.75, "\(evaluation.conditions)")
            // What it says of each test pair, by video.
            let scores = folder + "/scores,1.csv"
            let again = try EvaluateStage.run(corpus.workspace, corpus.context, scores: scores)
            let rows = try String(contentsOfFile: scores, encoding: .utf8).split(separator: "\n")
            #expect(rows[0] == "set,video,label,score" && rows.count == again.evaluation.conditions[0].pairs + 1)
            let right = rows.dropFirst().count { row in
                let cells = row.split(separator: ",")
                let isForward = (Float(cells[3]) ?? .nan) > again.evaluation.conditions[0].ownThreshold.threshold
                return isForward == (cells[2] == "1")
            }
            #expect(right == again.evaluation.conditions[0].ownThreshold.correct)
        }
    }

    /// The pipeline removes what the corpus plants: bars, by Arrow of Time's rule, and the camera's motion.
    @Test func quickArrowRemovesBarsAndCameraMotion() throws {
        try withTemporaryFolder { folder in
            var corpus = try Self.corpus(folder, ["synth.videos=8", "synth.width=160", "synth.height=120"])
            corpus.settings.ingest.video.shortSide = 64
            let readers = try StabilisedIngestTests.prepared(corpus)
            #expect(readers.count == 8)
            let truth = try #require(try SynthTruth.read(in: folder + "/videos"))
            for reader in readers {
                let stored = try #require(reader.segments.first?.segment)
                let video = try #require(truth.videos.first { stored.source.hasSuffix($0.file) })
                var bars = SynthCue.BlackBars()
                for case .blackBars(let planted) in video.cues { bars = planted }
                let crop = stored.crop
                // The margin's pixel, and one that a bar's edge blurs.
                for (found, planted) in [(crop.top, bars.top), (crop.bottom, bars.bottom), (crop.left, bars.left)] {
                    #expect(planted == 0 ? found == 0 : (planted...planted + 2).contains(found), "\(video.file)")
                }
                let moves = video.cues.contains { $0.kind != .blackBars }
                #expect(!moves || stored.stabilised != nil || stored.flags.contains(.notStabilised))
            }
        }
    }
}
