package import AVPrepCore
package import AVPrepModel
package import AVPrepStore
import Foundation
import Synchronization

/// A folder of shards as `avprep shard` leaves it: the one door to what lies in it.
///
/// Its index is checked when it is made. Shards are opened and pair files are read through it alone, and only where they
/// are what the index says: what was cut, edited or damaged never reaches HDF5, and never goes into anything that is made
/// of it. May be used by many threads at once.
package final class ShardSet: Sendable {
    package let folder: String
    package let index: ShardIndex
    /// SHA-256 of the index's file: another one means other shards or other pairs.
    package let digest: SHA256Digest
    private let opened = Mutex<[String: OpenShard]>([:])

    /// A shard that somebody may still hold.
    private struct OpenShard { weak var reader: ShardReader? }

    /// - Throws: `StoreError` when there is no index, saying to run `avprep shard`, or when it is damaged or of a newer
    ///   format.
    package init(_ folder: String) throws {
        self.folder = folder
        index = try ShardIndex.load(folder)
        digest = try SHA256.digest(ofFile: "\(folder)/\(ShardIndex.fileName)")
    }

    /// The set that a file belongs to as one of its shards, by an index that lies beside it and can be read; else nil.
    package static func holding(_ path: String) -> (shards: ShardSet, shard: ShardIndex.Shard)? {
        let file = path as NSString
        let folder = file.deletingLastPathComponent
        guard let shards = try? ShardSet(folder.isEmpty ? "." : folder),
            let shard = shards.index.shards.first(where: { $0.name == file.lastPathComponent })
        else { return nil }
        return (shards, shard)
    }

    // MARK: - Shards

    /// The shards of one split, in the order of the index.
    package func shards(of split: Split) -> [ShardIndex.Shard] { index.shards.filter { $0.split == split } }

    /// Whether a split has at least one pair of a set.
    package func holds(_ split: Split, set: String) -> Bool {
        let counts = index.pairSets.first { $0.name == set }?.counts[split.rawValue] ?? [:]
        return index.shards.contains { $0.split == split } && counts.values.contains { $0 > 0 }
    }

    /// Opens a shard, which must be what the index says, as far as that shows without reading its media: size, SHA-256 of
    /// its structure, layout, number of segments. All that hold it share one reader.
    ///
    /// - Parameter shard: one of the index's.
    /// - Throws: `StoreError` when it is not, or cannot be read.
    package func reader(of shard: ShardIndex.Shard) throws -> ShardReader {
        try opened.withLock { opened in
            if let reader = opened[shard.name]?.reader { return reader }
            let reader = try ShardReader(shard, in: folder)
            guard reader.layout == index.layout else {
                throw StoreError.differs(reader.path, "its layout is not the one of \(ShardIndex.fileName)")
            }
            guard reader.segments.count == shard.segments else {
                throw StoreError.differs(
                    reader.path,
                    "it has \(reader.segments.count) segments, and \(ShardIndex.fileName) says \(shard.segments)")
            }
            opened[shard.name] = OpenShard(reader: reader)
            return reader
        }
    }

    // MARK: - Pairs

    /// Where the pair file of a shard lies.
    package func pairPath(of shard: ShardIndex.Shard) -> String { Self.pairPath(of: shard, in: folder) }

    package static func pairPath(of shard: ShardIndex.Shard, in folder: String) -> String {
        "\(folder)/\(PairFile.name(forShard: shard.name))"
    }

    /// The pair sets of an open shard, by name in alphabetical order, with every pair in its segments.
    ///
    /// - Throws: as ``storedPairSets(of:)``, and `StoreError` naming the first pair that lies outside.
    package func pairSets(of reader: ShardReader) throws -> [PairSet] {
        let sets = try storedPairSets(of: reader.entry)
        for set in sets { try reader.check(set) }
        return sets
    }

    /// The pair sets of a shard as they are stored, by name in alphabetical order: what the index says of the file holds,
    /// but whether its pairs lie in the shard was not looked at.
    ///
    /// - Throws: as ``checkPairFile(of:)``, and `StoreError` when the file contradicts itself.
    package func storedPairSets(of shard: ShardIndex.Shard) throws -> [PairSet] {
        try checkPairFile(of: shard)
        return try PairFile.read(pairPath(of: shard))
    }

    /// The key of the shard's content that its pairs were drawn for; empty where the file has none.
    ///
    /// - Throws: as ``storedPairSets(of:)``.
    package func pairKey(of shard: ShardIndex.Shard) throws -> String {
        try checkPairFile(of: shard)
        return try PairFile.shardKey(pairPath(of: shard)) ?? ""
    }

    /// Compares the SHA-256 of a shard's pair file with the index.
    ///
    /// - Throws: `StoreError` naming the file when it is absent, not named by the index, or not the one that was written;
    ///   ``Failure`` when the disk cannot read it.
    package func checkPairFile(of shard: ShardIndex.Shard) throws {
        let path = pairPath(of: shard)
        guard let digest = index.pairFiles[PairFile.name(forShard: shard.name)] else {
            throw StoreError.differs(path, "\(ShardIndex.fileName) does not name it")
        }
        guard FileManager.default.fileExists(atPath: path) else {
            throw StoreError(
                .unreadable, "cannot open \(path): it is not there; run `avprep shard`, which draws it again")
        }
        guard try SHA256.digest(ofFile: path).hex == digest.lowercased() else {
            throw StoreError.differs(path, "its SHA-256 is not the one of \(ShardIndex.fileName)")
        }
    }

    /// ``checkPairFile(of:)`` for all shards: before anything is made of their pairs, or changed.
    package func checkPairFiles() throws { for shard in index.shards { try checkPairFile(of: shard) } }

    /// What a pair file holds where no index can be asked: the key of the shard content that its pairs were drawn for, and
    /// its sets. Nothing says whether they are what was written: they serve to draw the same sets again, and to find out
    /// what a file is before it is replaced.
    ///
    /// - Throws: `StoreError` when it cannot be read, is damaged, or of a newer format.
    package static func unindexedPairFile(_ path: String) throws -> (shardKey: String?, sets: [PairSet]) {
        (try PairFile.shardKey(path), try PairFile.read(path))
    }
}

extension ShardSet {
    /// The names and attributes of the sets in a pair file, without their pairs, where no index can be asked: whether a newer
    /// avprep has written it.
    ///
    /// - Throws: as ``unindexedPairFile(_:)``.
    package static func unindexedPairAttributes(_ path: String) throws -> [(
        name: String, attributes: [String: AttributeValue]
    )] {
        try PairFile.attributes(path)
    }
}

extension StoreError {
    /// A file of a shard set that is not the one its index was written for.
    static func differs(_ path: String, _ what: String) -> StoreError {
        StoreError(
            .damaged,
            "\(path) is not the file that was written: \(what); run `avprep verify`, which says how to mend it")
    }
}
