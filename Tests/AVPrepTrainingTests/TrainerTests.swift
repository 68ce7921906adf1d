import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepStore
import Foundation
import ShardFixtures
import Synchronization
import TestSupport
import Testing

@testable import AVPrepTorch
@testable import AVPrepTraining

@Suite(.serialized, .enabled(if: Products.hasEngine, "make engine builds it"))
struct TrainerTests {
    /// A network small enough for a test, on clips of ``PracticeShards``, through two stages.
    static func settings(epochs: [Int] = [2, 1]) -> TrainSettings {
        var settings = TrainSettings()
        settings.device = .cpu
        settings.threads = 1
        settings.batchSize = 4
        settings.loaderThreads = 2
        settings.checkpointSteps = 3
        settings.model.frames = PracticeShards.clipFrames
        settings.model.cropSize = 8
        settings.model.video.width = 4
        settings.model.audio.width = 4
        settings.model.embedding = 16
        settings.model.temporalHead = .keepTime
        settings.optimizer.learningRate = 0.05
        settings.stages = zip(["easy", "mixed"], epochs).map { StageSettings(name: $0, set: $0, epochs: $1) }
        return settings
    }

    private func train(
        _ folder: String, run: String, settings: TrainSettings = settings(), seed: UInt64 = 3,
        cancellation: Cancellation = Cancellation(), progress: (TrainingProgress) -> Void = { _ in }
    ) throws -> Trainer.Outcome {
        try Trainer(settings: settings, seed: seed, shards: folder, run: "\(folder)/\(run)")
            .run(cancellation: cancellation, progress: progress)
    }

    private func bytes(_ folder: String, _ run: String, _ name: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(run)/\(name)"))
    }

    /// The lines of metrics.csv without the two columns that measure time.
    private func metrics(_ folder: String, _ run: String) throws -> [[String]] {
        String(decoding: try bytes(folder, run, "metrics.csv"), as: UTF8.self).split(separator: "\n").map { line in
            line.split(separator: ",", omittingEmptySubsequences: false).map(String.init).enumerated()
                .filter { ![6, 7].contains($0.offset) }.map(\.element)
        }
    }

    /// Three ways to the same weights: in one go; killed after step 5, the last checkpoint at step 3; stopped by the
    /// user at step 9, in the second epoch, and again during its validation.
    @Test func aRunThatWasKilledOrStoppedEndsWithTheBytesOfOneThatWasNot() throws {
        try withTemporaryFolder { folder in
            try PracticeShards().write(to: folder)
            let files = [
                "checkpoints/last.safetensors", "checkpoints/best.safetensors", "video.safetensors",
                "audio.safetensors",
            ]
            var steps: [Int] = []
            let outcome = try train(folder, run: "whole") { progress in
                if progress.validated == 0 { steps.append(progress.step) }
                guard progress.step == 5 else { return }
                // What lies on disk when the process is killed here.
                try? FileManager.default.copyItem(atPath: folder + "/whole", toPath: folder + "/killed")
            }
            #expect(outcome == .finished(steps: 21))
            #expect(steps == Array(1...7) + [7] + Array(8...14) + [14] + Array(15...21) + [21])
            let killed = try TrainingCheckpoint.load(folder + "/killed/checkpoints/last.safetensors").state
            #expect(killed.step == 3)
            #expect(try train(folder, run: "killed") == .finished(steps: 21))

            for stop in [9, 14] {
                let cancellation = Cancellation()
                #expect(throws: CancellationError.self) {
                    try train(folder, run: "stopped", cancellation: cancellation) { progress in
                        if progress.step == stop, stop == 9 || progress.isValidating {
                            cancellation.cancel(.interrupted)
                        }
                    }
                }
                let state = try TrainingCheckpoint.load(folder + "/stopped/checkpoints/last.safetensors").state
                #expect(state.step == stop)
            }
            #expect(try train(folder, run: "stopped") == .finished(steps: 21))

            for run in ["killed", "stopped"] {
                for file in files {
                    #expect(try bytes(folder, run, file) == bytes(folder, "whole", file), "\(run) \(file)")
                }
                #expect(try metrics(folder, run) == metrics(folder, "whole"))
            }
        }
    }

    @Test func loaderThreadsAndPrefetchDoNotChangeTheWeights() throws {
        try withTemporaryFolder { folder in
            try PracticeShards(codec: .jpeg).write(to: folder)
            var other = Self.settings(epochs: [1])
            other.loaderThreads = 5
            other.prefetchBatches = 1
            _ = try train(folder, run: "one", settings: Self.settings(epochs: [1]))
            _ = try train(folder, run: "other", settings: other)
            #expect(try bytes(folder, "one", "video.safetensors") == bytes(folder, "other", "video.safetensors"))
            _ = try train(folder, run: "seed", settings: Self.settings(epochs: [1]), seed: 4)
            #expect(try bytes(folder, "one", "video.safetensors") != bytes(folder, "seed", "video.safetensors"))
        }
    }

    private func addSet(named name: String, to folder: String) throws {
        var index = try ShardIndex.load(folder)
        for shard in index.shards {
            let file = PairFile.name(forShard: shard.name)
            var sets = try PairFile.read("\(folder)/\(file)")
            sets.append(PairSet(name: name, attributes: sets[0].attributes, pairs: Array(sets[0].pairs.reversed())))
            try PairFile.write(sets, shardKey: "key", to: "\(folder)/\(file)")
            index.pairFiles[file] = try SHA256.digest(ofFile: "\(folder)/\(file)").hex
        }
        index.pairSets.append(.init(name: name, counts: [:], statistics: [:], attributes: [:]))
        try index.save(folder)
    }

    @Test func aFinishedRunIsLeftAloneAndAChangedOneIsRefused() throws {
        try withTemporaryFolder { folder in
            try PracticeShards().write(to: folder)
            var settings = Self.settings(epochs: [1])
            #expect(try train(folder, run: "run", settings: settings) == .finished(steps: 7))
            let before = try bytes(folder, "run", "metrics.csv")
            settings.loaderThreads = 1
            #expect(try train(folder, run: "run", settings: settings) == .wasFinished(steps: 7))
            #expect(try bytes(folder, "run", "metrics.csv") == before)

            func refusal(seed: UInt64 = 3, _ change: (inout TrainSettings) -> Void) -> String {
                var changed = settings
                change(&changed)
                do {
                    _ = try train(folder, run: "run", settings: changed, seed: seed)
                    return "not refused"
                } catch { return "\(error)" }
            }
            #expect(
                refusal { $0.optimizer.learningRate = 0.5 }.contains(
                    "train.optimizer.lr was 0.05 and is 0.5"))
            #expect(refusal { $0.stages[0].epochs = 2 }.contains("train.stages[0].epochs was 1 and is 2"))
            #expect(refusal { $0.flip = false }.contains("train.flip"))
            #expect(refusal(seed: 4) { _ in }.contains("seed was 3 and is 4"))
            // A set beside those that are learnt from changes files and index, and nothing for the run.
            try addSet(named: "beside", to: folder)
            #expect(try train(folder, run: "run", settings: settings) == .wasFinished(steps: 7))
            try PracticeShards(seed: 2).write(to: folder)
            #expect(refusal { _ in }.contains("on other shards than those"))
        }
    }

    /// The practice shards paint the time into the picture and write it into the sound: both kinds of pairs can be told.
    @Test func trainingLearnsWhatThePracticeShardsPlant() throws {
        try withTemporaryFolder { folder in
            try PracticeShards(
                width: 10, height: 8, shards: [(.train, 4), (.train, 3), (.val, 2), (.test, 2)], pairsPerSegment: 32
            ).write(to: folder)
            var settings = Self.settings()
            settings.batchSize = 16
            settings.cropScale = [1, 1]
            settings.flip = false
            settings.stages = [StageSettings(name: "hard", set: "hard", epochs: 12)]
            _ = try train(folder, run: "run", settings: settings)
            let rows = try metrics(folder, "run")
            let area = try #require(rows[0].firstIndex(of: "val_hard_auc"))
            let epochs = rows.filter { $0[1] == "epoch" }
            let areas = epochs.compactMap { Double($0[area]) }
            #expect(areas.count == 12)
            #expect((areas.max() ?? 0) > 0.9, "\(areas)")
            let state = try TrainingCheckpoint.load(folder + "/run/checkpoints/best.safetensors").state
            #expect(state.best?.epoch == state.epoch - 1)

            let evaluation = try Evaluator(run: folder + "/run", shards: folder).evaluate(
                offsetClips: 12, offsetReach: 4)
            let offsets = try #require(evaluation.offsets)
            #expect(offsets.clips == 12 && offsets.counts.count == 9 && offsets.counts.reduce(0, +) == 12)
            #expect(offsets.share(within: 1) > 0.5, "\(offsets.counts)")
            #expect(evaluation.weights == .best && evaluation.sameShards && evaluation.commonSet == "easy")
            #expect(evaluation.conditions.map(\.set) == ["easy", "hard"])
            let hard = evaluation.conditions[1]
            #expect(hard.pairs == 64 && hard.inSync == 32 && hard.outOfSync == 32)
            #expect((hard.auc ?? 0) > 0.85)
            #expect(hard.ownThreshold.accuracy == Double(hard.ownThreshold.correct) / 64)
            #expect(hard.ownThreshold.interval[0] < hard.ownThreshold.accuracy)
            // All test segments are of one video, which tells nothing of others.
            #expect(hard.videos == 1 && hard.ownThreshold.videoInterval == nil && hard.aucInterval == nil)
            #expect(hard.commonThreshold.threshold == evaluation.conditions[0].ownThreshold.threshold)
            #expect(try JSONDecoder().decode(Evaluation.self, from: JSONEncoder().encode(evaluation)) == evaluation)
        }
    }

    @Test func aLossThatBlowsUpEndsTheRunWithAdvice() throws {
        try withTemporaryFolder { folder in
            try PracticeShards(shards: [(.train, 4)]).write(to: folder)
            var settings = Self.settings(epochs: [3])
            settings.model.embeddingNorm = 0
            settings.optimizer.learningRate = 1e20
            let error = #expect(throws: TrainingError.self) { try train(folder, run: "run", settings: settings) }
            #expect(error?.description.contains("lower train.optimizer.lr") == true)
        }
    }

    @Test func withoutValidationVideosTrainingGoesOnAndEvaluationSaysWhatIsMissing() throws {
        try withTemporaryFolder { folder in
            try PracticeShards(shards: [(.train, 4)]).write(to: folder)
            #expect(try train(folder, run: "run", settings: Self.settings(epochs: [1])) == .finished(steps: 4))
            #expect(try !RunFolder(folder + "/run").has(.best))
            let error = #expect(throws: TrainingError.self) {
                _ = try Evaluator(run: folder + "/run", shards: folder).evaluate()
            }
            #expect(error?.description.contains("shard.split.val") == true)
            let other = #expect(throws: TrainingError.self) {
                _ = try Evaluator(run: folder + "/none", shards: folder).evaluate()
            }
            #expect(other?.description.contains("avprep train") == true)
        }
    }

    @Test(arguments: ["last", "best"]) func aDamagedCheckpointIsNamed(name: String) throws {
        try withTemporaryFolder { folder in
            try PracticeShards().write(to: folder)
            _ = try train(folder, run: "run", settings: Self.settings(epochs: [1]))
            let path = "\(folder)/run/checkpoints/\(name).safetensors"
            try Data(try Data(contentsOf: URL(fileURLWithPath: path)).prefix(700)).write(to: URL(fileURLWithPath: path))
            let error = #expect(throws: TrainingError.self) {
                if name == "last" {
                    _ = try train(folder, run: "run", settings: Self.settings(epochs: [1]))
                } else {
                    _ = try Evaluator(run: folder + "/run", shards: folder).evaluate()
                }
            }
            #expect(error?.description.contains(path) == true)
        }
    }

    /// A flipped bit in a spectrogram reads like any other number.
    @Test func aShardWhoseMediaChangedIsRefusedBeforeTheFirstStep() throws {
        try withTemporaryFolder { folder in
            try PracticeShards().write(to: folder)
            let index = try ShardIndex.load(folder)
            for split in [Split.train, .val] {
                let shard = try #require(index.shards.first { $0.split == split })
                let piece = try #require(shard.structure?.data.last)
                let path = "\(folder)/\(shard.name)"
                let whole = try Data(contentsOf: URL(fileURLWithPath: path))
                var bytes = whole
                bytes[piece.offset + piece.bytes / 2] ^= 1
                try bytes.write(to: URL(fileURLWithPath: path))
                let error = #expect(throws: TrainingError.self) {
                    try train(folder, run: "damaged") { _ in
                        Issue.record("a step was taken")
                    }
                }
                #expect(error?.description.contains(path) == true && error?.exitStatus == .badInput)
                try whole.write(to: URL(fileURLWithPath: path))
            }
        }
    }

    @Test func shardsThatWereFoundWholeAreNotReadAgainUntilTheyChange() throws {
        try withTemporaryFolder { folder in
            try PracticeShards().write(to: folder)
            let shards = try ShardSet(folder)
            func checkedBytes(_ splits: Set<Split> = [.train, .val]) throws -> Int {
                let total = Mutex(0)
                var checked = try ShardChecksumCache(run: RunFolder(folder))
                try checked.check(shards, splits: splits, threads: 2, cancellation: Cancellation()) { progress in
                    total.withLock { $0 = max($0, progress.doneBytes) }
                }
                return total.withLock { $0 }
            }
            let sizes = shards.index.shards.filter { $0.split != .test }.map(\.bytes)
            #expect(try checkedBytes() == sizes.reduce(0, +))
            #expect(try checkedBytes() == 0)
            let shard = try #require(shards.index.shards.first { $0.split == .val })
            // As it was, but written anew.
            let path = URL(fileURLWithPath: "\(folder)/\(shard.name)")
            try Data(contentsOf: path).write(to: path, options: .atomic)
            #expect(try checkedBytes() == shard.bytes)
        }
    }
}
