import AVPrepClips
import AVPrepCore
import AVPrepCorpus
import AVPrepModel
import AVPrepStore
import AVPrepWorkspace

/// Whether labels and splits are what the manifests say, as far as the catalog knows them.
enum LabelVerification {
    private static let remedy = "avprep shard writes the labels again"

    /// The label files of shards, by the shards' names.
    static func run(_ shards: ShardSet, _ names: [String]) -> [VerifyReport.Finding] {
        shards.index.shards.filter { names.contains($0.name) }.compactMap { shard in
            do {
                _ = try shards.labels(of: shard)
                return nil
            } catch {
                let path = ShardSet.labelPath(of: shard, in: shards.folder)
                return VerifyReport.Finding(.changed, path, "\(error)", remedy: remedy)
            }
        }
    }

    /// - Parameter sides: the videos in shards that are still there, with their splits.
    static func compare(_ manifests: ManifestSplits, _ sides: [String: Split], _ workspace: Workspace) throws
        -> [VerifyReport.Finding]
    {
        var findings: [VerifyReport.Finding] = []
        let moved = sides.filter { manifests.sides[$0.key] ?? $0.value != $0.value }.keys.sorted()
        if let first = moved.first, let side = manifests.sides[first] {
            findings.append(
                VerifyReport.Finding(
                    .catalog, workspace.shards,
                    "\(moved.count) videos are in another split than a manifest says, e.g. \(first), which it puts into \(side.rawValue)",
                    remedy: "avprep shard moves them"))
        }
        // What cannot be read is a finding of its own.
        guard let shards = try? ShardSet(workspace.shards) else { return findings }
        var other: Set<String> = []
        for shard in shards.index.shards {
            guard let labels = try? shards.labels(of: shard), let reader = try? shards.reader(of: shard) else {
                continue
            }
            for (row, stored) in reader.segments.enumerated() where sides[stored.segment.videoID] != nil {
                let video = stored.segment.videoID
                let known = (manifests.labels[video] ?? []).map { Array($0.utf8) }
                if Set(labels[row].map { Array($0.utf8) }) != Set(known) { other.insert(video) }
            }
        }
        if let first = other.min() {
            findings.append(
                VerifyReport.Finding(
                    .catalog, workspace.shards,
                    "\(other.count) videos have other labels than the manifests say, e.g. \(first)", remedy: remedy))
        }
        return findings
    }
}
