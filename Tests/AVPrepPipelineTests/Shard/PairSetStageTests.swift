import AVPrepCore
import AVPrepModel
import AVPrepPairs
import AVPrepSettings
import AVPrepStore
import Foundation
import TestSupport
import Testing

@testable import AVPrepIngest
@testable import AVPrepShard
@testable import AVPrepVerify

@Suite struct PairSetStageTests {
    /// Shards of a few short videos, in `folder`.
    private func shards(_ folder: String) throws -> SmallCorpus {
        let corpus = try SmallCorpus(folder)
        try corpus.addSyntheticVideos(4)
        _ = try IngestStage.run(corpus.workspace, corpus.context)
        _ = try ShardStage.run(corpus.workspace, corpus.context)
        return corpus
    }

    private func sets(_ folder: String) throws -> [String: [Pair]] {
        let sets = try PairFile.read(folder + "/shards/train-00000.pairs.h5")
        return Dictionary(uniqueKeysWithValues: sets.map { ($0.name, $0.pairs) })
    }

    @Test func setsOfOtherNamesAndRecipesLieSideBySideOverTheSameMedia() throws {
        try withTemporaryFolder { folder in
            var corpus = try shards(folder)
            let before = try sets(folder)
            let media = try corpus.digests("shards")["train-00000.h5"]
            corpus.settings.shard.pairs.hardRatio = 0.5
            corpus.settings.shard.pairs.name = "half"
            _ = try ShardStage.run(corpus.workspace, corpus.context)
            corpus.settings.shard.pairs = PairSettings(recipe: .l3)
            let report = try ShardStage.run(corpus.workspace, corpus.context)
            let after = try sets(folder)
            #expect(after.keys.sorted() == ["easy", "half_easy", "half_mixed", "l3", "mixed"])
            #expect(after["easy"] == before["easy"] && after["mixed"] == before["mixed"])
            #expect(report.index.pairSets.map(\.name) == after.keys.sorted())
            #expect(try corpus.digests("shards")["train-00000.h5"] == media)
            #expect(try VerifyStage.run(corpus.workspace, corpus.context, isQuick: false).findings == [])
            let text = try PairSetStage.list(corpus.workspace).text
            #expect(text.contains("half_mixed") && text.contains("l3") && text.contains(" hard"))

            let left = try PairSetStage.remove(["half_mixed", "half_easy"], from: corpus.workspace)
            #expect(left.sets.map(\.name) == ["easy", "l3", "mixed"])
            #expect(try sets(folder).keys.sorted() == ["easy", "l3", "mixed"])
            #expect(try VerifyStage.run(corpus.workspace, corpus.context, isQuick: false).findings == [])
            #expect(throws: Failure.self) { try PairSetStage.remove(["half_mixed"], from: corpus.workspace) }
        }
    }

    @Test func setsFollowTheCorpusByTheirOwnDefinition() throws {
        try withTemporaryFolder { folder in
            var corpus = try SmallCorpus(folder)
            try corpus.addSyntheticVideos(6)
            try corpus.move(4..<6, to: "later")
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            _ = try ShardStage.run(corpus.workspace, corpus.context)
            let avts = corpus.settings.shard.pairs
            corpus.settings.shard.pairs = PairSettings(recipe: .arrowOfTime)
            _ = try ShardStage.run(corpus.workspace, corpus.context)
            corpus.settings.shard.pairs = avts
            try corpus.move(4..<6, from: "later", to: "videos")
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            let index = try ShardStage.run(corpus.workspace, corpus.context).index
            #expect(index.shards.count == 2)
            let arrow = try #require(index.pairSets.first { $0.name == "arrow_of_time" })
            #expect(
                arrow.counts["train"]?["reversed"] == 48, "four pairs of each of six videos' two segments are reversed")
        }
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func anExportedSetHasOneRowAPairWithTimesOnTheFilesClocks() throws {
        try withTemporaryFolder { folder in
            let corpus = try shards(folder)
            let path = folder + "/pairs, easy.csv"
            let count = try PairSetStage.export("easy", of: corpus.workspace, to: path)
            let checked = try Oracle.run(
                """
                import csv, h5py, sys
                rows = list(csv.DictReader(open(sys.argv[1], newline="")))
                with h5py.File(sys.argv[2]) as f:
                    pairs = f["pairs/easy"]
                    fps = f["frames"].attrs["fps"]
                    assert len(rows) == len(pairs["label"])
                    for i, row in enumerate(rows):
                        v, a = int(pairs["video_segment"][i]), int(pairs["audio_segment"][i])
                        assert int(row["label"]) == pairs["label"][i]
                        assert row["video_source"] == f["segments/source"][v].decode().rstrip("\\0")
                        start = f["segments/start_seconds"][v] + pairs["video_start_frame"][i] / fps
                        assert abs(float(row["video_start_seconds"]) - start) < 1e-5
                        start = f["segments/start_seconds"][a] + pairs["audio_start_seconds"][i]
                        assert abs(float(row["audio_start_seconds"]) - start) < 1e-5
                print(len(rows))
                """, [path, folder + "/shards/train-00000.h5"])
            #expect(checked.trimmingCharacters(in: .whitespacesAndNewlines) == String(count))
            #expect(throws: Failure.self) { try PairSetStage.export("none", of: corpus.workspace, to: path) }
        }
    }
}
