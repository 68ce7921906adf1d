package import AVPrepCore
package import AVPrepModel
package import AVPrepStore
import Synchronization

/// A folder of shards as `avprep shard` leaves it: its index, and one reader a shard, shared by all that read.
package final class ShardFolder: Sendable {
    package let path: String
    package let index: ShardIndex
    /// SHA-256 of the index: another one means other shards or other pairs.
    package let digest: SHA256Digest
    private let readers = Mutex<[String: StoreReader]>([:])

    /// - Throws: `StoreError` when there is no index, saying to run `avprep shard`, or when it is damaged.
    package init(_ path: String) throws {
        self.path = path
        index = try ShardIndex.load(path)
        digest = try SHA256.digest(ofFile: "\(path)/\(ShardIndex.fileName)")
    }

    /// The reader of a shard, opened when first asked for.
    ///
    /// - Throws: `StoreError` when it cannot be read, or is not the one of the index.
    func reader(_ shard: ShardIndex.Shard) throws -> StoreReader {
        try readers.withLock { readers in
            if let reader = readers[shard.name] { return reader }
            let reader = try index.reader(of: shard, in: path)
            readers[shard.name] = reader
            return reader
        }
    }

    /// The pairs of one set in a split.
    ///
    /// - Throws: ``TrainingError`` when the split or the set is missing, saying which there are, or when a pair lies
    ///   outside of its shard; `StoreError` for files that cannot be read.
    package func dataset(_ split: Split, set: String) throws -> ShardDataset {
        try ShardDataset(folder: self, split: split, set: set)
    }

    /// Whether a split has at least one pair of a set.
    package func holds(_ split: Split, set: String) -> Bool {
        let counts = index.pairSets.first { $0.name == set }?.counts[split.rawValue] ?? [:]
        return index.shards.contains { $0.split == split } && counts.values.contains { $0 > 0 }
    }
}
