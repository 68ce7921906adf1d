package import AVPrepCore
package import AVPrepModel
package import AVPrepStore
import Foundation
import Synchronization

/// A folder of shards written by `avprep shard`: the only way to access its files.
///
/// `init` checks the index. Shards and pair files are opened only through this class, and only if they match the index: a
/// file that was truncated, edited or damaged never reaches HDF5, and nothing is made from it. May be used by many threads
/// at once.
package final class ShardSet: Sendable {
    package let folder: String
    package let index: ShardIndex
    /// SHA-256 of the index file: it differs when the shards or the pairs differ.
    package let digest: SHA256Digest
    private let opened = Mutex<[String: OpenShard]>([:])

    /// An open shard, as long as a caller holds it.
    private struct OpenShard { weak var reader: ShardReader? }

    /// - Throws: `StoreError` when there is no index (the message says to run `avprep shard`), or when it is damaged or of
    ///   a newer format.
    package init(_ folder: String) throws {
        self.folder = folder
        index = try ShardIndex.load(folder)
        digest = try SHA256.digest(ofFile: "\(folder)/\(ShardIndex.fileName)")
    }

    /// The set that lists a file as one of its shards, if a readable index is beside the file and lists it; otherwise nil.
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

    /// Opens a shard, which must match the index as far as can be checked without reading its media: size, SHA-256 of its
    /// structure, layout, number of segments. All callers share one reader.
    ///
    /// - Parameter shard: one of the index's shards.
    /// - Throws: `StoreError` when it does not match, or cannot be read.
    package func reader(of shard: ShardIndex.Shard) throws -> ShardReader {
        try opened.withLock { opened in
            if let reader = opened[shard.name]?.reader { return reader }
            let reader = try ShardReader(shard, in: folder)
            guard reader.layout == index.layout else {
                throw StoreError.differs(reader.path, "its layout differs from \(ShardIndex.fileName)")
            }
            guard reader.segments.count == shard.segments else {
                throw StoreError.differs(
                    reader.path,
                    "it has \(reader.segments.count) segments, but \(ShardIndex.fileName) says \(shard.segments)")
            }
            opened[shard.name] = OpenShard(reader: reader)
            return reader
        }
    }

    // MARK: - Pairs

    /// The path of a shard's pair file.
    package func pairPath(of shard: ShardIndex.Shard) -> String { Self.pairPath(of: shard, in: folder) }

    package static func pairPath(of shard: ShardIndex.Shard, in folder: String) -> String {
        "\(folder)/\(PairFile.name(forShard: shard.name))"
    }

    /// The pair sets of an open shard, in alphabetical order of names; every pair lies within the shard's segments.
    ///
    /// - Throws: as ``storedPairSets(of:)``, and `StoreError` naming the first pair that does not.
    package func pairSets(of reader: ShardReader) throws -> [PairSet] {
        let sets = try storedPairSets(of: reader.entry)
        for set in sets { try reader.check(set) }
        return sets
    }

    /// The pair sets of a shard as they are stored, in alphabetical order of names: the file matches the index, but it is
    /// not checked whether its pairs lie within the shard.
    ///
    /// - Throws: as ``checkPairFile(of:)``, and `StoreError` when the file contradicts itself.
    package func storedPairSets(of shard: ShardIndex.Shard) throws -> [PairSet] {
        try checkPairFile(of: shard)
        return try PairFile.read(pairPath(of: shard))
    }

    /// The content key of the shard that the pairs were drawn for; empty if the file has none.
    ///
    /// - Throws: as ``storedPairSets(of:)``.
    package func pairKey(of shard: ShardIndex.Shard) throws -> String {
        try checkPairFile(of: shard)
        return try PairFile.shardKey(pairPath(of: shard)) ?? ""
    }

    /// Compares the SHA-256 of a shard's pair file with the index.
    ///
    /// - Throws: `StoreError` naming the file when it is missing, not listed in the index, or has another SHA-256;
    ///   ``Failure`` when the disk fails.
    package func checkPairFile(of shard: ShardIndex.Shard) throws {
        try check(pairPath(of: shard), index.pairFiles[PairFile.name(forShard: shard.name)], remedy: "draws")
    }

    /// Compares the SHA-256 of a file beside a shard with the index.
    ///
    /// - Parameters:
    ///   - digest: what the index lists; nil where it does not.
    ///   - remedy: what `avprep shard` does to have it again.
    func check(_ path: String, _ digest: String?, remedy: String) throws {
        guard let digest else { throw StoreError.differs(path, "\(ShardIndex.fileName) does not list it") }
        guard FileManager.default.fileExists(atPath: path) else {
            throw StoreError(
                .unreadable, "cannot open \(path): it does not exist; run `avprep shard`, which \(remedy) it again")
        }
        guard try SHA256.digest(ofFile: path).hex == digest.lowercased() else {
            throw StoreError.differs(path, "its SHA-256 differs from \(ShardIndex.fileName)")
        }
    }

    /// ``checkPairFile(of:)`` for all shards, to be called before their pairs are used or changed.
    package func checkPairFiles() throws { for shard in index.shards { try checkPairFile(of: shard) } }

    /// The content of a pair file without an index: the content key of the shard that its pairs were drawn for, and its
    /// sets. It is unknown whether they are as they were written: they are used to draw the same sets again, and to
    /// identify a file before it is replaced.
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
    /// The error for a file of a shard set that does not match the index.
    static func differs(_ path: String, _ what: String) -> StoreError {
        StoreError(
            .damaged,
            "\(path) is not the file that was written: \(what); run `avprep verify`, which lists the remedy")
    }
}
