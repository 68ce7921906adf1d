import AVPrepCore
import AVPrepIngest
import AVPrepModel
import AVPrepPairs
import AVPrepPipeline
import AVPrepPolicy
import AVPrepSettings
import AVPrepShard
import AVPrepSynth
import AVPrepTraining
import AVPrepWorkspace
import ArgumentParser
import Foundation

/// What early sound does to training, and what `policy.skewed` makes of it.
struct SkewFixBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "skew-fix",
        abstract: "Train on a corpus half of which has early sound, kept, dropped or fixed, and on the corpus in sync.",
        discussion: """
            All runs have the same scenes, model and seeds, and are tested on the same other videos in sync. Example:

              avprep-bench skew-fix --early 0.5 --seeds 3
            """)

    @Option(help: "The pipeline file: practice videos, preparation, model.")
    var pipeline = "pipelines/quickstart.yaml"

    @Option(help: "A folder for videos, shards and runs; by default one that is removed.")
    var folder: String?

    @Option(help: "Videos to train on, validation included.")
    var videos = 80

    @Option(help: "Test videos, nearly half of which choose the threshold.")
    var testVideos = 40

    @Option(help: "How much too early the sound of every other pair of videos is, in seconds.")
    var early = 0.5

    @Option(help: "Epochs of the easy stage, and of the second one.")
    var epochs = [4, 3]

    @Option(help: "Runs of each kind, with seeds of their own.")
    var seeds = 1

    /// One corpus and what the policy makes of it.
    private struct Candidate {
        let name: String
        let videos: String
        let action: PolicyAction
    }

    /// What came of a candidate with one seed.
    private struct Result {
        let easy: Double
        let hard: Double
        let easyAUC: Double
        let hardAUC: Double
        let offset: Int?
    }

    func run() throws {
        let root = URL(fileURLWithPath: folder ?? NSTemporaryDirectory() + "avprep-bench-\(getpid())").path
        defer { if folder == nil { try? FileManager.default.removeItem(atPath: root) } }
        var base = try PipelineFile.load(pipeline)
        for (stage, count) in zip(base.train.stages.indices, epochs) { base.train.stages[stage].epochs = count }
        // Videos of one kind follow each other in turn, so pairs of numbers alternate.
        try render(base, to: "\(root)/in-sync", 0..<videos) { _ in false }
        try render(base, to: "\(root)/half-early", 0..<videos) { ($0 / 2) % 2 == 1 }
        try render(base, to: "\(root)/held-out", videos..<videos + testVideos) { _ in false }
        let heldOut = try workspace(base, Candidate(name: "test", videos: "held-out", action: .keep), root) {
            // Shards without any training video are none.
            ($0.shard.split.val, $0.shard.split.test) = (0.45, 0.45)
        }
        try prepare(heldOut)
        let candidates = [
            Candidate(name: "in sync", videos: "in-sync", action: .keep),
            Candidate(name: "half early, keep", videos: "half-early", action: .keep),
            Candidate(name: "half early, drop", videos: "half-early", action: .drop),
            Candidate(name: "half early, fix", videos: "half-early", action: .fix),
        ]
        var rows = [
            [
                "corpus", "segments", "fixed", "dropped", "pairs", "easy negatives", "AUC", "hard negatives", "AUC",
                "median offset",
            ]
        ]
        for candidate in candidates {
            let workspace = try workspace(base, candidate, root) { $0.shard.split.test = 0 }
            let decisions = try prepare(workspace).decisions
            var (results, pairs): ([Result], Int) = ([], 0)
            for seed in 1...max(1, seeds) {
                let (result, seen) = try train(workspace, seed: seed, heldOut: heldOut.shards)
                results.append(result)
                pairs = seen
            }
            rows.append(
                [
                    candidate.name, String(decisions.segments), String(decisions.fixed), String(decisions.dropped),
                    String(pairs),
                ] + cells(of: results, frameSeconds: 1 / base.ingest.video.fps))
            // Each takes minutes.
            print(TextTable.text(rows) + "\n")
        }
        print(
            "\(videos) videos to train on, sound of half of them \(early) s early; \(testVideos) others in sync; seeds: \(seeds)"
        )
    }

    private func render(
        _ base: PipelineSettings, to folder: String, _ numbers: Range<Int>, isEarly: @escaping @Sendable (Int) -> Bool
    ) throws {
        try AtomicFile.makeFolder(folder)
        let (synth, early) = (base.synth, early)
        try WorkerPool.run(Array(numbers), workers: ProcessInfo.processInfo.activeProcessorCount) { number in
            let cue = SynthCue.skew(.init(mode: .content, seconds: -early))
            let plan = SynthVideo.plan(synth, number: number, cues: isEarly(number) ? [cue] : [])
            try SynthRenderer.render(plan, to: "\(folder)/\(SynthCorpus.fileName(ofVideo: number))")
        }
    }

    private func train(_ workspace: Workspace, seed: Int, heldOut: String) throws -> (Result, pairs: Int) {
        var settings = workspace.settings
        settings.seed = seed
        settings.train.name = "seed-\(seed)"
        // Pairs stay those of the shards' seed; the seed of the training draws weights and order.
        let own = workspace.with(settings)
        let training = try TrainStage.run(own, StageContext())
        let evaluation = try Evaluator(run: own.runFolder, shards: heldOut).evaluate(offsetClips: 64)
        func condition(_ set: String) -> Evaluation.Condition? { evaluation.conditions.first { $0.set == set } }
        let result = Result(
            easy: condition("easy")?.ownThreshold.accuracy ?? .nan,
            hard: condition("hard")?.ownThreshold.accuracy ?? .nan,
            easyAUC: condition("easy")?.auc ?? .nan, hardAUC: condition("hard")?.auc ?? .nan,
            offset: evaluation.offsets?.medianError)
        return (result, training.steps * settings.train.batchSize)
    }

    /// The means of all seeds, with the smallest and the largest.
    private func cells(of results: [Result], frameSeconds: Double) -> [String] {
        func cell(_ value: (Result) -> Double, _ text: (Double) -> String) -> String {
            let values = results.map(value)
            let mean = text(values.reduce(0, +) / Double(values.count))
            guard values.count > 1, let least = values.min(), let most = values.max() else { return mean }
            return "\(mean) (\(text(least)) to \(text(most)))"
        }
        func percent(_ value: Double) -> String { String(format: "%.1f %%", 100 * value) }
        func area(_ value: Double) -> String { String(format: "%.3f", value) }
        return [
            cell(\.easy, percent), cell(\.easyAUC, area), cell(\.hard, percent), cell(\.hardAUC, area),
            cell({ Double($0.offset ?? 0) * frameSeconds * 1000 }) { String(format: "%.0f ms", $0) },
        ]
    }

    private func workspace(
        _ base: PipelineSettings, _ candidate: Candidate, _ root: String, _ change: (inout PipelineSettings) -> Void
    ) throws -> Workspace {
        var settings = base
        settings.corpus.paths = ["\(root)/\(candidate.videos)"]
        settings.ingest.policy[flag: .skewed] = candidate.action
        change(&settings)
        let folder = "\(root)/\(candidate.name.replacing(", ", with: "-").replacing(" ", with: "-"))"
        try AtomicFile.makeFolder(folder)
        return Workspace(folder: folder, settings: settings)
    }

    @discardableResult
    private func prepare(_ workspace: Workspace) throws -> IngestReport {
        let report = try IngestStage.run(workspace, StageContext())
        _ = try ShardStage.run(workspace, StageContext())
        return report
    }
}
