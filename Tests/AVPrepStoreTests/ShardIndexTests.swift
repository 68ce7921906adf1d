import AVPrepCore
import AVPrepModel
import AVPrepStore
import Foundation
import TestSupport
import Testing

@Suite struct ShardIndexTests {
    private func index(_ folder: String) throws -> ShardIndex {
        try Fixtures.writeShard(in: folder)
        try PairFile.write(Fixtures.pairSets, shardKey: "key", to: "\(folder)/train-00000.pairs.h5")
        let shard = try ShardIndex.Shard(path: "\(folder)/train-00000.h5", split: .train)
        var index = ShardIndex(
            createdBy: "0.0.1", seed: 7, layout: Fixtures.layout(), shards: [shard], videos: [.train: 2])
        index.pairSets = [
            .init(
                name: "easy", counts: ["train": ["positive": 1, "easy": 1, "hard": 0, "super-hard": 0]],
                statistics: ["train": PairStatistics()], attributes: Fixtures.pairSets[0].attributes)
        ]
        index.pairFiles["train-00000.pairs.h5"] =
            try SHA256.digest(ofFile: "\(folder)/train-00000.pairs.h5").hex
        return index
    }

    @Test func anIndexComesBackAsItWasAndWithTheSameBytes() throws {
        try withTemporaryFolder { folder in
            let index = try index(folder)
            try index.save(folder)
            let first = try contents("\(folder)/index.json")
            let loaded = try ShardIndex.load(folder)
            #expect(loaded == index)
            try loaded.save(folder)
            #expect(try contents("\(folder)/index.json") == first)
        }
    }

    @Test func aShardIsMeasuredFromItsFile() throws {
        try withTemporaryFolder { folder in
            let shard = try #require(try index(folder).shards.first)
            #expect(shard.name == "train-00000.h5" && shard.segments == 3 && shard.videos == 2 && shard.frames == 15)
            #expect(shard.seconds == 0.6)
            #expect(shard.bytes == (try contents("\(folder)/train-00000.h5").count))
            let splits = try index(folder).splits
            #expect(splits.keys.sorted() == ["train"] && splits["train"]?.videos == 2)
        }
    }

    /// Wherever HDF5 would read it, damage changes the structure's SHA-256; among the tracks' bytes it is media like any
    /// other. What is made of that is ShardSetTests' subject.
    @Test func damageWhereHDF5ReadsIsNotTheStructureThatWasMeasured() throws {
        try withTemporaryFolder { folder in
            let index = try index(folder)
            let shard = index.shards[0]
            let structure = try #require(shard.structure)
            let path = URL(fileURLWithPath: "\(folder)/\(shard.name)")
            let whole = try Data(contentsOf: path)
            // Frames, flow both ways, seven columns of motion, pcm, two spectrograms.
            #expect(structure.data.count == 13)
            var (refused, opened) = (0, 0)
            for place in stride(from: 3, to: whole.count, by: 97) {
                var bytes = whole
                bytes[place] ^= 4
                try bytes.write(to: path)
                let isMedia = structure.data.contains { place >= $0.offset && place < $0.offset + $0.bytes }
                #expect(try structure.matches(path.path) == isMedia, "byte \(place)")
                if isMedia { opened += 1 } else { refused += 1 }
            }
            #expect(refused > 50 && opened > 5)
        }
    }

    @Test func aStructureThatLiesOutsideOfItsFileIsRefused() throws {
        try withTemporaryFolder { folder in
            for piece in [(0, -1), (-1, 8), (1 << 40, 8), (8, Int.max)] {
                var index = try index(folder)
                index.shards[0].structure?.data.insert(.init(offset: piece.0, bytes: piece.1), at: 0)
                try index.save(folder)
                #expect(storeError { _ = try ShardIndex.load(folder) }?.code == .damaged, "\(piece)")
            }
        }
    }

    @Test func anAbsentNewerOrTamperedIndexIsRefused() throws {
        try withTemporaryFolder { folder in
            #expect(storeError { _ = try ShardIndex.load(folder) }?.code == .unreadable)
            try index(folder).save(folder)
            let text = String(decoding: try contents("\(folder)/index.json"), as: UTF8.self)
            for (old, new, code) in [
                (#""format_version" : "1.2""#, #""format_version" : "2.0""#, StoreError.Code.newerFormat),
                ("avprep-index", "other", .foreign), ("\"train-00000.h5\"", "\"../train.h5\"", .damaged),
                (#""fps" : 25"#, #""fps" : "x""#, .damaged), (#""seed" : 7"#, #""sed" : 7"#, .damaged),
                ("}", "", .damaged),
            ] {
                try text.replacingOccurrences(of: old, with: new)
                    .write(toFile: "\(folder)/index.json", atomically: true, encoding: .utf8)
                #expect(storeError { _ = try ShardIndex.load(folder) }?.code == code, "\(old) -> \(new)")
            }
        }
    }

    /// The schema says yes to what is written, and no to what is not.
    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func theSchemaDescribesTheIndex() throws {
        try withTemporaryFolder { folder in
            try index(folder).save(folder)
            let faults = try Oracle.schemaFaults(
                "index.schema.json", ["\(folder)/index.json"],
                breakages: ["d['shards'][0].update(sha256='x')", "d['shards'][0].update(other=1)"],
                keysAreRequired: true)
            #expect(faults == [])
        }
    }
}
