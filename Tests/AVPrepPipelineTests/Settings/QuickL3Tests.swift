import AVPrepCatalog
import AVPrepIngest
import AVPrepSettings
import AVPrepTraining
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

@testable import AVPrepPipeline

/// The small pipeline of L3-Net, from its file to its evaluation, with fewer videos and steps.
@Suite struct QuickL3Tests {
    @Test(.enabled(if: Products.hasEngine, "make engine builds it"))
    func quickL3RunsFromVideosToItsEvaluation() throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            let text = try String(contentsOfFile: Oracle.repository + "/pipelines/quick-l3.yaml", encoding: .utf8)
            corpus.settings = try PipelineFile.parse(
                text, name: "quick-l3.yaml",
                overrides: [
                    "workers=2", "synth.seconds=3", "synth.fps=12", "ingest.isolation=none", "synth.width=64",
                    "synth.height=48", "ingest.segment_seconds=3", "ingest.video.fps=12",
                    "ingest.video.short_side=32", "ingest.camera_motion.enabled=false", "shard.split.val=0.3",
                    "shard.split.test=0.35", "shard.pairs.pairs_per_segment=8", "train.model.crop_size=16",
                    "train.model.video.width=2", "train.model.audio.width=2", "train.batch_size=8",
                    "train.pairs_per_epoch=24", "train.threads=1",
                    "train.stages=[{name: l3, set: l3, epochs: 2}]",
                ])
            try corpus.addSyntheticVideos(14)
            let report = try RunStage.run(corpus.workspace, corpus.context)
            #expect(report.ingest.counts.done == 14 && report.train.steps == 6)
            #expect(report.stages.map(\.stage) == ["l3"] && report.text.contains("val l3"))
            let evaluation = report.evaluate.evaluation
            #expect(evaluation.conditions.map(\.set) == ["l3"] && evaluation.sameShards && evaluation.offsets == nil)
            let run = corpus.workspace.runFolder
            for file in ["video.safetensors", "audio.safetensors", "evaluation.json", "metrics.csv"] {
                #expect(FileManager.default.fileExists(atPath: "\(run)/\(file)"), "\(file)")
            }
            // The same command again does nothing, and one of another recipe says what its pairs lack.
            #expect(try TrainStage.run(corpus.workspace, corpus.context).wasFinished)
            corpus.settings.train = TrainSettings()
            corpus.settings.train.stages = [StageSettings(name: "l3", set: "l3", epochs: 1)]
            let error = #expect(throws: TrainingError.self) { try TrainStage.run(corpus.workspace, corpus.context) }
            #expect(error?.description.contains("avprep shard --recipe avts") == true)
        }
    }
}
