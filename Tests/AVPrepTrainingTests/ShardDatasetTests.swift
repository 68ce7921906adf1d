import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepStore
import Foundation
import ShardFixtures
import TestSupport
import Testing

@testable import AVPrepTraining

@Suite struct ShardDatasetTests {
    private func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "no error"
        } catch { return "\(error)" }
    }

    @Test func pairsAreNumberedThroughTheShardsOfASplit() throws {
        try withTemporaryFolder { folder in
            try PracticeShards().write(to: folder)
            let dataset = try ShardDataset(.train, set: "easy", of: ShardSet(folder))
            #expect(dataset.count == 28)
            #expect(dataset.labels.map(\.count) == [16, 12])
            #expect(
                (0..<28).map { dataset.locate($0).shard } == Array(repeating: 0, count: 16)
                    + Array(repeating: 1, count: 12))
            let pairs = try PairFile.read(folder + "/train-00001.pairs.h5").first { $0.name == "easy" }?.pairs
            #expect((16..<28).map { dataset.locate($0).pair } == pairs)
        }
    }

    private func shapes(_ dataset: ShardDataset, _ model: ModelSettings) throws -> [InputShape] {
        try AVTSRecipe(model: model, loss: LossSettings()).shapes(in: [dataset])
    }

    @Test func whatIsMissingIsSaidWithWhatToDo() throws {
        try withTemporaryFolder { folder in
            #expect(message { _ = try ShardSet(folder) }.contains("avprep shard"))
            try PracticeShards(shards: [(.train, 3)]).write(to: folder)
            let shards = try ShardSet(folder)
            #expect(
                message { _ = try ShardDataset(.train, set: "harder", of: shards) }.contains("only easy, hard, mixed"))
            #expect(message { _ = try ShardDataset(.val, set: "easy", of: shards) }.contains("no val shards"))
            #expect(!shards.holds(.val, set: "easy") && shards.holds(.train, set: "hard"))
            let dataset = try ShardDataset(.train, set: "easy", of: shards)
            var model = ModelSettings()
            model.spectrogram = "logspec"
            #expect(message { _ = try shapes(dataset, model) }.contains("only mel"))
            model.spectrogram = "mel"
            model.frames = 9
            #expect(message { _ = try shapes(dataset, model) }.contains("train.model.frames is 9"))
            model.frames = 0
            #expect(try shapes(dataset, model)[0].sizes[0] == PracticeShards.clipFrames)
            try FileManager.default.removeItem(atPath: folder + "/train-00000.pairs.h5")
            #expect(message { _ = try ShardDataset(.train, set: "easy", of: shards) }.contains("train-00000.pairs.h5"))
        }
    }

    @Test func anotherNumberOfFramesThanAClipHoldsIsRefusedWithBothNumbers() throws {
        try withTemporaryFolder { folder in
            try PracticeShards().write(to: folder)
            let dataset = try ShardDataset(.train, set: "easy", of: ShardSet(folder))
            var model = ModelSettings()
            try dataset.checkAgreement(with: model)
            model.frames = 8
            try dataset.checkAgreement(with: model)
            model.frames = 4
            let error = try #require(throws: TrainingError.self) { try dataset.checkAgreement(with: model) }
            #expect(
                error.description == """
                    train.model.frames is 4, but a clip of the set "easy" is 0.8 s at 10 fps, 8 frames; set \
                    train.model.frames to 8, or to 0 to take what the shards hold, or ingest.video.fps to 5 and prepare \
                    the videos again
                    """)
            #expect(error.exitStatus == .badInput)
            // 250 frames a second cannot be stored.
            model.frames = 200
            #expect(!message { try dataset.checkAgreement(with: model) }.contains("ingest.video.fps"))
        }
    }

    /// A set may ask for more sound than picture, as L3's second for a frame.
    @Test func soundClipsAreAsLongAsTheSetSays() throws {
        try withTemporaryFolder { folder in
            try PracticeShards(soundSeconds: 1).write(to: folder)
            let dataset = try ShardDataset(.train, set: "easy", of: ShardSet(folder))
            #expect(dataset.soundSeconds == 1 && dataset.clipSeconds == PracticeShards.clipSeconds)
            let inputs = try shapes(dataset, ModelSettings())
            #expect(inputs[0].sizes[0] == PracticeShards.clipFrames)
            #expect(inputs[1].sizes[1] == Int(PracticeShards.rowsPerSecond))
        }
    }

    @Test func aClipLongerThanItsSegmentIsRefusedBeforeTraining() throws {
        try withTemporaryFolder { folder in
            try PracticeShards(missingRows: 12).write(to: folder)
            let dataset = try ShardDataset(.train, set: "easy", of: ShardSet(folder))
            var model = ModelSettings()
            model.frames = 8
            let text = message { _ = try shapes(dataset, model) }
            #expect(text.contains("train-0000") && text.contains("mel of segment train"), "\(text)")
        }
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func statisticsAgreeWithNumpyOverTheShards() throws {
        try withTemporaryFolder { folder in
            try PracticeShards().write(to: folder)
            let statistics = try SpectrogramStatistics.measure(
                "mel", of: ShardDataset(.train, set: "easy", of: ShardSet(folder)))
            let reference = try Oracle.json(
                [[Float]].self,
                """
                import h5py, json, numpy as np, sys
                rows = np.concatenate([h5py.File(f"{sys.argv[1]}/train-0000{i}.h5")["audio/mel"][:] for i in (0, 1)])
                rows = rows.astype(np.float64)
                print(json.dumps([rows.mean(0).tolist(), rows.std(0).tolist()]))
                """, [folder])
            for (mine, theirs) in zip(statistics.mean + statistics.deviation, reference.flatMap { $0 }) {
                #expect(abs(mine - theirs) < 1e-4)
            }
            #expect(statistics.mean.count == PracticeShards.bins)
        }
    }
}

/// Overwrites the first occurrence of `bytes` in a file: its first bytes with zeros.
func spoil(_ bytes: [UInt8], in path: String) throws {
    var content = try Data(contentsOf: URL(fileURLWithPath: path))
    let place = try #require(content.range(of: Data(bytes)))
    content.replaceSubrange(place.lowerBound..<place.lowerBound + 4, with: [0, 0, 0, 0])
    try content.write(to: URL(fileURLWithPath: path))
}
