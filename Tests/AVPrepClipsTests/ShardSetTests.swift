import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepStore
import Foundation
import ShardFixtures
import TestSupport
import Testing

@Suite struct ShardSetTests {
    private func refusal(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "no refusal"
        } catch { return "\(error)" }
    }

    @Test func aShardThatIsNotWhatTheIndexSaysIsRefusedBeforeHDF5SeesIt() throws {
        try withTemporaryFolder { folder in
            try PracticeShards(shards: [(.train, 3)]).write(to: folder)
            let shard = try ShardSet(folder).index.shards[0]
            let structure = try #require(shard.structure)
            let path = URL(fileURLWithPath: "\(folder)/\(shard.name)")
            let whole = try Data(contentsOf: path)
            var (refused, opened) = (0, 0)
            for place in stride(from: 3, to: whole.count, by: whole.count / 150) {
                var bytes = whole
                bytes[place] ^= 4
                try bytes.write(to: path)
                let isMedia = structure.data.contains { place >= $0.offset && place < $0.offset + $0.bytes }
                let text = refusal { _ = try ShardSet(folder).reader(of: shard) }
                #expect(text.contains(isMedia ? "no refusal" : "structure"), "byte \(place): \(text)")
                if isMedia { opened += 1 } else { refused += 1 }
            }
            #expect(refused > 5 && opened > 5)
            try (whole + [0]).write(to: path)
            #expect(refusal { _ = try ShardSet(folder).reader(of: shard) }.contains("\(whole.count + 1) bytes"))
        }
    }

    @Test func allThatHoldAShardShareOneReader() throws {
        try withTemporaryFolder { folder in
            try PracticeShards(shards: [(.train, 2), (.train, 2)]).write(to: folder)
            let shards = try ShardSet(folder)
            let (first, second) = (shards.index.shards[0], shards.index.shards[1])
            weak var kept: ShardReader?
            do {
                let reader = try shards.reader(of: first)
                kept = reader
                #expect(try shards.reader(of: first) === reader)
                #expect(try shards.reader(of: second) !== reader)
            }
            #expect(kept == nil, "a shard that nobody holds is closed")
        }
    }

    /// Every way to a pair file's content compares it with the index first.
    @Test func aPairFileThatIsNotTheIndexesIsRefusedHoweverItIsAskedFor() throws {
        try withTemporaryFolder { folder in
            try PracticeShards(shards: [(.train, 3)]).write(to: folder)
            let shards = try ShardSet(folder)
            let shard = shards.index.shards[0]
            let path = shards.pairPath(of: shard)
            let reader = try shards.reader(of: shard)
            #expect(try shards.pairSets(of: reader).map(\.name) == ["easy", "hard", "mixed"])
            #expect(try shards.pairKey(of: shard) == "key")
            // A sound file, but another one: labels that would teach the opposite.
            var sets = try shards.storedPairSets(of: shard)
            for index in sets.indices { sets[index].pairs.reverse() }
            try PairFile.write(sets, shardKey: "key", to: path)
            for text in [
                refusal { _ = try shards.pairSets(of: reader) }, refusal { _ = try shards.storedPairSets(of: shard) },
                refusal { _ = try shards.pairKey(of: shard) }, refusal { try shards.checkPairFiles() },
            ] { #expect(text.contains(path) && text.contains("SHA-256") && !text.contains("\n"), "\(text)") }
            try FileManager.default.removeItem(atPath: path)
            #expect(refusal { try shards.checkPairFile(of: shard) }.contains("it is not there"))
        }
    }

    @Test func aPairOutsideOfItsShardIsRefusedWithAChecksumThatFits() throws {
        try withTemporaryFolder { folder in
            try PracticeShards(shards: [(.train, 3)]).write(to: folder)
            var index = try ShardSet(folder).index
            let file = PairFile.name(forShard: index.shards[0].name)
            var sets = try PairFile.read("\(folder)/\(file)")
            sets[1].pairs[2].audioSegment = 3
            try PairFile.write(sets, shardKey: "key", to: "\(folder)/\(file)")
            index.pairFiles[file] = try SHA256.digest(ofFile: "\(folder)/\(file)").hex
            try index.save(folder)
            let shards = try ShardSet(folder)
            let reader = try shards.reader(of: shards.index.shards[0])
            #expect(refusal { _ = try shards.pairSets(of: reader) }.contains("pair 2 of set hard"))
            #expect(try shards.storedPairSets(of: reader.entry) == sets)
        }
    }

    @Test func aFileBesideAnIndexThatNamesItBelongsToItsSet() throws {
        try withTemporaryFolder { folder in
            try PracticeShards(shards: [(.train, 2)]).write(to: folder)
            #expect(ShardSet.holding("\(folder)/train-00000.h5")?.shard.name == "train-00000.h5")
            #expect(ShardSet.holding("\(folder)/train-0.prepared") == nil)
            try FileManager.default.removeItem(atPath: "\(folder)/index.json")
            #expect(ShardSet.holding("\(folder)/train-00000.h5") == nil)
        }
    }
}
