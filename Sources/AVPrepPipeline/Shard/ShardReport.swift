package import AVPrepStore
import AVPrepCore
import Foundation

/// What a shard set holds.
package struct ShardReport: Sendable, Codable {
    package let index: ShardIndex
    /// Pair sets that could not be drawn in some shard, with the reason.
    package let refusals: [String]
    /// Shards packed by this run; the others were there already.
    package let packed: Int
    package let folder: String

    package var text: String {
        var rows = [["split", "shards", "videos", "segments", "minutes", "pairs"]]
        for split in Split.allCases {
            guard let totals = index.splits[split.rawValue] else { continue }
            let pairs = index.pairSets.compactMap { set in
                set.counts[split.rawValue].map { counts in "\(set.name) \(Self.text(counts))" }
            }
            rows.append([
                split.rawValue, String(totals.shards), String(totals.videos), String(totals.segments),
                String(format: "%.1f", totals.seconds / 60), pairs.joined(separator: "; "),
            ])
        }
        var lines = [TextTable.text(rows)]
        lines += refusals.map { "no pairs: " + $0 }
        let there = index.shards.count - packed
        lines.append(
            "\(packed) shards packed\(there > 0 ? ", \(there) there already" : ""), in \(folder); next: avprep train")
        return lines.joined(separator: "\n")
    }

    private static func text(_ counts: [String: Int]) -> String {
        PairKind.allCases.compactMap { kind in counts[kind.name].map { "\($0) \(kind.name)" } }.joined(separator: " + ")
    }
}
