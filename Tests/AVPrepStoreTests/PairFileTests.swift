import AVPrepModel
import AVPrepStore
import Foundation
import TestSupport
import Testing

@Suite struct PairFileTests {
    @Test func pairsComeBackAsTheyWere() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/train-00000.pairs.h5"
            try PairFile.write(Fixtures.pairSets, shardKey: "key", to: path)
            #expect(try PairFile.read(path) == Fixtures.pairSets)
            let first = try contents(path)
            try PairFile.write(Fixtures.pairSets, shardKey: "key", to: path)
            #expect(try contents(path) == first)
        }
    }

    @Test func aSetMayBeEmptyAndAFileWithoutSets() throws {
        try withTemporaryFolder { folder in
            let sets = [PairSet(name: "none", attributes: [:], pairs: [])]
            try PairFile.write(sets, shardKey: "key", to: "\(folder)/p.h5")
            #expect(try PairFile.read("\(folder)/p.h5") == sets)
            try PairFile.write([], shardKey: "key", to: "\(folder)/p.h5")
            #expect(try PairFile.read("\(folder)/p.h5") == [])
        }
    }

    @Test func namesThatAreNoNamesAreRefused() throws {
        try withTemporaryFolder { folder in
            for names in [["../x"], ["A"], [""], ["a", "a"], ["a/b"]] {
                let sets = names.map { PairSet(name: $0, attributes: [:], pairs: []) }
                #expect(
                    storeError { try PairFile.write(sets, shardKey: "key", to: "\(folder)/p.h5") }?.code
                        == .layoutMismatch)
            }
        }
    }

    @Test func pairsOutsideOfTheShardAreFound() throws {
        try withTemporaryFolder { folder in
            try Fixtures.writeShard(in: folder)
            let reader = try StoreReader(path: "\(folder)/train-00000.h5")
            for set in Fixtures.pairSets { try set.check(against: reader) }
            let good = Fixtures.pairSets[0].pairs[0]
            for change in [
                { (pair: inout Pair) in pair.videoSegment = 3 }, { $0.audioSegment = -1 }, { $0.videoStartFrame = 5 },
                { $0.audioStartSeconds = 0.2 },
            ] {
                var pair = good
                change(&pair)
                let set = PairSet(name: "wrong", attributes: [:], pairs: [good, pair])
                #expect(storeError { try set.check(against: reader) }?.description.contains("pair 1") == true)
            }
        }
    }

    /// The shard's bytes do not change when its pairs do, and h5py sees the new ones through the shard.
    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func pairsAreReadThroughTheShardAndReplacedWithoutIt() throws {
        try withTemporaryFolder { folder in
            try Fixtures.writeShard(in: folder)
            let shard = try contents("\(folder)/train-00000.h5")
            let script = """
                import sys, json, h5py
                with h5py.File(sys.argv[1]) as f:
                    print(json.dumps({n: f[f"pairs/{n}/label"][:].tolist() for n in f["pairs"]}))
                """
            for sets in [Fixtures.pairSets, Array(Fixtures.pairSets.prefix(1))] {
                try PairFile.write(sets, shardKey: "key", to: "\(folder)/\(PairFile.name(forShard: "train-00000.h5"))")
                let labels = try Oracle.json([String: [Int]].self, script, ["\(folder)/train-00000.h5"])
                #expect(
                    labels
                        == Dictionary(uniqueKeysWithValues: sets.map { ($0.name, $0.pairs.map { Int($0.kind.label) }) })
                )
            }
            #expect(try contents("\(folder)/train-00000.h5") == shard)
        }
    }
}
