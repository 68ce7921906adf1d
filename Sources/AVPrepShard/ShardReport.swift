package import AVPrepCore
import AVPrepModel
import AVPrepPolicy
package import AVPrepStore
import AVPrepWorkspace
import Foundation

/// What a shard set holds.
package struct ShardReport: Sendable, Codable {
    package let index: ShardIndex
    /// Pair sets that could not be drawn in some shard, with the reason.
    package let refusals: [String]
    /// Files that were set aside or left alone, and pair sets that stay without being extended, a line each.
    package let notes: [String]
    /// Shards packed by this run; the others were there already.
    package let packed: Int
    /// Why the shards that lay there could not stay, if they could not.
    package let repacked: String?
    /// Why videos could not be packed, a line each.
    package let failed: [String]
    package let folder: String

    package var exitStatus: ExitStatus { failed.isEmpty ? .done : .doneWithFailures }

    package var text: String {
        var rows = [["split", "shards", "videos", "segments", "minutes"]]
        for split in Split.allCases {
            guard let totals = index.splits[split.rawValue] else { continue }
            rows.append([
                split.rawValue, String(totals.shards), String(totals.videos), String(totals.segments),
                String(format: "%.1f", totals.seconds / 60),
            ])
        }
        let there = index.shards.count - packed
        let already = there > 0 ? ", \(there) there already" : ""
        let why = repacked.map { ["all shards were planned anew: " + $0] } ?? []
        let gone =
            index.vanishedVideos.isEmpty
            ? []
            : [
                "\(index.vanishedVideos.count) videos of these shards are gone and get no pairs; avprep shard --compact removes them"
            ]
        let dropped = index.leftOut?.lines ?? []
        let straddling = index.straddlingVideos ?? []
        let left =
            straddling.isEmpty
            ? []
            : [
                "\(straddling.count) videos are left out: near-duplicates of them, or others of their source, are in different splits; avprep shard --compact brings them together"
            ]
        let leaks = index.leaks?.lines ?? []
        let last = "\(packed) shards packed\(already), in \(folder); next: avprep train"
        let unpacked = failed.map { "not packed: " + $0 }
        let remarks = unpacked + refusals.map { "no pairs: " + $0 } + why + dropped + gone + left + leaks + notes
        return ([TextTable.text(rows), pairLines] + remarks + [last])
            .joined(
                separator: "\n")
    }

    /// A line for each pair set of each split, with the number of pairs of each kind.
    package var pairLines: String {
        let rows = Split.allCases.flatMap { split in
            index.pairSets.compactMap { set in
                set.counts[split.rawValue].map { ["pairs", split.rawValue, set.name, Self.text($0)] }
            }
        }
        return TextTable.text(rows)
    }

    private static func text(_ counts: [String: Int]) -> String {
        PairKind.allCases.compactMap { kind in counts[kind.name].map { "\($0) \(kind.name)" } }.joined(separator: " + ")
    }
}
