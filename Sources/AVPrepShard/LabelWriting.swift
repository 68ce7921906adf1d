import AVPrepClips
package import AVPrepCore
import AVPrepModel
package import AVPrepStore
package import AVPrepWorkspace
import Foundation

/// Writes the label files beside the shards, small tables which follow the manifests: neither media nor shards change.
package struct LabelWriting {
    let workspace: Workspace
    let cancellation: Cancellation
    /// The labels of each video.
    let labels: [String: [String]]
    /// What lay in the folder before; nil where it cannot be read.
    let before: ShardIndex?

    package init(
        workspace: Workspace, cancellation: Cancellation, labels: [String: [String]], before: ShardIndex?
    ) {
        self.workspace = workspace
        self.cancellation = cancellation
        self.labels = labels
        self.before = before
    }

    /// The vocabulary of the shards: a label keeps its number while the set grows, also when nothing has it any more, so that
    /// what was trained on them still fits. New ones follow, by their bytes.
    ///
    /// - Parameter isCompact: numbers everything anew.
    func vocabulary(of videos: Set<String>, isCompact: Bool) -> [String] {
        let known = isCompact ? [] : before?.labels ?? []
        var seen = Set(known.map { Array($0.utf8) })
        var fresh: [[UInt8]] = []
        for video in videos {
            for label in labels[video] ?? [] where seen.insert(Array(label.utf8)).inserted {
                fresh.append(Array(label.utf8))
            }
        }
        return known
            + fresh.sorted { $0.lexicographicallyPrecedes($1) }.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Writes the files of all shards, but for those that are there as they should be.
    ///
    /// - Returns: SHA-256 by file name; nil where there are no labels.
    package func run(_ shards: [ShardIndex.Shard], _ vocabulary: [String]) throws -> [String: String]? {
        guard !vocabulary.isEmpty else { return nil }
        let numbers = Dictionary(
            vocabulary.enumerated().map { (Array($1.utf8), Int32($0)) }, uniquingKeysWith: { first, _ in first })
        var files: [String: String] = [:]
        for shard in shards {
            try cancellation.check()
            let own = try ShardReader(shard, in: workspace.shards).segments.map { stored in
                (labels[stored.segment.videoID] ?? []).compactMap { numbers[Array($0.utf8)] }
            }
            let wanted = SegmentLabels(own, vocabulary: vocabulary)
            let path = ShardSet.labelPath(of: shard, in: workspace.shards)
            let name = LabelFile.name(forShard: shard.name)
            if let digest = before?.labelFiles?[name], try isThere(path, wanted, digest, shard) {
                files[name] = digest
                continue
            }
            try LabelFile.write(wanted, shardKey: shard.contentKey, to: path)
            files[name] = try SHA256.digest(ofFile: path).hex
        }
        return files
    }

    private func isThere(_ path: String, _ wanted: SegmentLabels, _ digest: String, _ shard: ShardIndex.Shard) throws
        -> Bool
    {
        guard try ExistingFile.isThere(path), try SHA256.digest(ofFile: path).hex == digest else { return false }
        // Whatever is wrong with it, it is written again from the catalog.
        guard let found = try? LabelFile.read(path, segments: shard.segments) else { return false }
        return found.labels == wanted && found.shardKey == shard.contentKey
    }
}
