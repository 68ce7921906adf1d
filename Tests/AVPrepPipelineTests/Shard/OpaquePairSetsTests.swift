import AVPrepCore
import AVPrepIngest
import AVPrepModel
import AVPrepPairs
import AVPrepSettings
import AVPrepStore
import AVPrepWorkspace
import Foundation
import TestSupport
import Testing

@testable import AVPrepShard
@testable import AVPrepVerify

/// Pair sets whose stored definition this avprep cannot read, as those of a newer one may be.
@Suite(.enabled(if: Oracle.isAvailable, "make test makes the venv")) struct OpaquePairSetsTests {
    /// Shards of four videos with the sets of the recipe and one called `later`, whose definition is none. Two more videos
    /// wait in `later`.
    private func shards(_ folder: String) throws -> SmallCorpus {
        var corpus = try SmallCorpus(folder)
        try corpus.addSyntheticVideos(6)
        try corpus.move(4..<6, to: "later")
        _ = try IngestStage.run(corpus.workspace, corpus.context)
        let own = corpus.settings.shard.pairs
        corpus.settings.shard.pairs = PairSettings(recipe: .arrowOfTime)
        corpus.settings.shard.pairs.name = "later"
        _ = try ShardStage.run(corpus.workspace, corpus.context)
        corpus.settings.shard.pairs = own
        _ = try ShardStage.run(corpus.workspace, corpus.context)
        _ = try Oracle.run(
            """
            import hashlib, json, sys, h5py, numpy
            folder = sys.argv[1]
            index = json.load(open(folder + "/index.json"))
            for name in index["pair_files"]:
                with h5py.File(f"{folder}/{name}", "r+") as f:
                    later = f["pairs/later"]
                    later.attrs["definition_json"] = numpy.bytes_('{"recipe": "of next year"}')
                    # And what this avprep does not know at all.
                    later.attrs["weights"] = numpy.arange(3.0)
                    later["extra"] = numpy.arange(len(later["kind"]), dtype="f4")
                index["pair_files"][name] = hashlib.sha256(open(f"{folder}/{name}", "rb").read()).hexdigest()
            for entry in index["pair_sets"]:
                if entry["name"] == "later": entry["attributes"]["definition_json"] = '{"recipe": "of next year"}'
            json.dump(index, open(folder + "/index.json", "w"))
            """, [folder + "/shards"])
        return corpus
    }

    /// All that a set holds, as text.
    private func content(_ folder: String, shard: String = "train-00000") throws -> String {
        try Oracle.run(
            """
            import sys, h5py
            with h5py.File(sys.argv[1]) as f:
                if "later" in f["pairs"]:
                    later = f["pairs/later"]
                    print(sorted((k, str(v)) for k, v in later.attrs.items()))
                    print([(k, later[k].dtype, later[k][:].tolist()) for k in sorted(later)])
            """, ["\(folder)/shards/\(shard).pairs.h5"])
    }

    @Test func theyStayAsTheyLieWhereTheirShardStaysAndAreNotExtended() throws {
        try withTemporaryFolder { folder in
            var corpus = try shards(folder)
            let before = try content(folder)
            #expect(before.contains("of next year") && before.contains("extra") && before.contains("weights"))
            // Another share of hard negatives: other sets are drawn again.
            corpus.settings.shard.pairs.hardRatio = 0.5
            var report = try ShardStage.run(corpus.workspace, corpus.context)
            #expect(try content(folder) == before && report.notes.isEmpty)
            let entry = try #require(report.index.pairSets.first { $0.name == "later" })
            #expect(entry.counts["train"]?.values.reduce(0, +) ?? 0 > 0)
            // New videos make a new shard.
            try corpus.move(4..<6, from: "later", to: "videos")
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            report = try ShardStage.run(corpus.workspace, corpus.context)
            try #require(report.index.shards.count == 2)
            #expect(try content(folder) == before)
            #expect(try content(folder, shard: "train-00001") == "")
            #expect(report.notes.count == 1 && report.notes[0].contains("the pair set later stays as it was drawn"))
            #expect(report.notes[0].contains("train-00001") && report.text.contains("avprep pairs remove later"))
            // As the line says.
            _ = try PairSetStage.remove(["later"], from: corpus.workspace)
            #expect(try content(folder) == "")
            #expect(try ShardStage.run(corpus.workspace, corpus.context).notes.isEmpty)
            #expect(try VerifyStage.run(corpus.workspace, corpus.context, isQuick: false).findings.isEmpty)
        }
    }

    @Test(arguments: ["compact", "vanished", "no index"])
    func whereTheirPairsWouldNotHoldNothingIsWritten(change: String) throws {
        try withTemporaryFolder { folder in
            let corpus = try shards(folder)
            if change == "no index" { try FileManager.default.removeItem(atPath: folder + "/shards/index.json") }
            if change == "vanished" {
                try corpus.move(0..<1, to: "gone")
            } else {
                try corpus.move(4..<6, from: "later", to: "videos")
            }
            _ = try IngestStage.run(corpus.workspace, corpus.context)
            let before = try corpus.digests("shards")
            let error = #expect(throws: Failure.self) {
                try ShardStage.run(corpus.workspace, corpus.context, compact: change == "compact")
            }
            #expect(error?.description.contains("the pair set later in ") == true, "\(error as Any)")
            #expect(error?.description.contains("avprep pairs remove later") == true)
            #expect(error?.exitStatus == .badInput)
            #expect(try corpus.digests("shards") == before)
        }
    }
}
