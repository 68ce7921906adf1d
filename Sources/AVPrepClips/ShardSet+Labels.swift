import AVPrepCore
package import AVPrepStore
import Foundation

extension ShardSet {
    /// The path of a shard's label file.
    package static func labelPath(of shard: ShardIndex.Shard, in folder: String) -> String {
        "\(folder)/\(LabelFile.name(forShard: shard.name))"
    }

    /// The labels of a shard's segments, by their numbers in the index's vocabulary; none for a set without labels.
    ///
    /// - Throws: `StoreError` naming the label file when it is not the one that the index lists, or does not fit the shard.
    package func labels(of shard: ShardIndex.Shard) throws -> SegmentLabels {
        guard let vocabulary = index.labels, let files = index.labelFiles else {
            return SegmentLabels(Array(repeating: [], count: shard.segments), vocabulary: [])
        }
        let path = Self.labelPath(of: shard, in: folder)
        try check(path, files[LabelFile.name(forShard: shard.name)], remedy: "writes")
        let (labels, key) = try LabelFile.read(path, segments: shard.segments)
        guard labels.vocabulary == vocabulary, key == shard.contentKey else {
            throw StoreError.differs(path, "it is of other shards")
        }
        return labels
    }

    /// What a label file without an index says: whether it is one.
    package static func checkUnindexedLabelFile(_ path: String) throws { _ = try LabelFile.read(path, segments: nil) }
}
