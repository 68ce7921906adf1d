import AVPrepCatalog
import AVPrepIngest
import AVPrepPairs
import AVPrepSettings
import AVPrepTraining
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

@testable import AVPrepPipeline

/// The small pipeline of Multisensory, from its file to its evaluation, with fewer videos and steps.
@Suite struct QuickMultisensoryTests {
    @Test(.enabled(if: Products.hasEngine, "make engine builds it"))
    func quickMultisensoryRunsFromVideosToItsEvaluation() throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            let text = try String(
                contentsOfFile: Oracle.repository + "/pipelines/quick-multisensory.yaml", encoding: .utf8)
            corpus.settings = try PipelineFile.parse(
                text, name: "quick-multisensory.yaml",
                overrides: [
                    "workers=2", "synth.seconds=3", "synth.fps=12", "ingest.isolation=none", "synth.width=64",
                    "synth.height=48", "ingest.segment_seconds=3", "ingest.video.fps=12",
                    "ingest.video.short_side=32", "ingest.camera_motion.enabled=false", "shard.split.val=0.3",
                    "shard.split.test=0.35", "shard.pairs.pairs_per_segment=8", "shard.pairs.clip_seconds=1",
                    "shard.pairs.gap_seconds=0.5", "shard.pairs.max_shift_seconds=1.5", "train.model.crop_size=16",
                    "train.model.video.width=2", "train.model.audio.width=2", "train.batch_size=4",
                    "train.pairs_per_epoch=12", "train.threads=1",
                    "train.stages=[{name: shift, set: multisensory, epochs: 2}]",
                ])
            try corpus.addSyntheticVideos(14)
            let report = try RunStage.run(corpus.workspace, corpus.context)
            #expect(report.ingest.counts.done == 14 && report.train.steps == 6)
            #expect(report.stages.map(\.stage) == ["shift"] && report.text.contains("val multisensory"))
            let evaluation = report.evaluate.evaluation
            #expect(evaluation.conditions.map(\.set) == ["multisensory"] && evaluation.sameShards)
            let run = corpus.workspace.runFolder
            for file in ["multisensory.safetensors", "evaluation.json", "metrics.csv"] {
                #expect(FileManager.default.fileExists(atPath: "\(run)/\(file)"), "\(file)")
            }
            #expect(try TrainStage.run(corpus.workspace, corpus.context).wasFinished)
            // The whole network begins with those weights, but for what begins anew.
            corpus.settings.train.name = "second"
            corpus.settings.train.model.multisensory.weights = run + "/multisensory.safetensors"
            corpus.settings.train.model.multisensory.anew = ["fusion.conv4_2", "fc"]
            let second = try TrainStage.run(corpus.workspace, corpus.context)
            #expect(!second.wasFinished)
            corpus.settings.train.name = "third"
            corpus.settings.train.model.multisensory.anew = ["fusion.conv9"]
            let error = #expect(throws: TrainingError.self) { try TrainStage.run(corpus.workspace, corpus.context) }
            #expect(error?.description.contains("train.model.multisensory.anew names fusion.conv9") == true)
            // Clips that leave no room for a shift are refused when pairs are drawn.
            corpus.settings.shard.pairs.gapSeconds = 2.2
            corpus.settings.shard.pairs.maxShiftSeconds = 0
            let short = #expect(throws: (any Error).self) { try RunStage.run(corpus.workspace, corpus.context) }
            #expect("\(String(describing: short))".contains("lower shard.pairs.gap_seconds"))
        }
    }
}
