import AVPrepCatalog
import AVPrepCore
import AVPrepModel
import AVPrepWorkspace

/// The story as people read it: what the item is, what became of it stage by stage, and what to do next.
extension ItemStory {
    package var text: String { TextTable.text(rows) }

    private var rows: [[String]] {
        [["item", path.escaped]] + listingRows + stageRows + segmentRows
            + relatives.map { ["related", ($0.paths.first?.escaped ?? $0.videoID) + ", " + $0.reason] } + shardRows
            + shardFaults.map { ["shards", $0] } + [["next", advice]]
    }

    private var listingRows: [[String]] {
        var rows: [[String]] = []
        if let listings {
            rows.append(["listed", "first by the run of \(listings.first), last by that of \(listings.last)"])
        }
        if isVanished { rows.append(["vanished", "the corpus does not list it any more"]) }
        rows.append(["bytes", bytes.map { QuantityText.bytes($0) } ?? "unknown: its status could not be read"])
        rows.append(["video", videoID ?? "unknown: its content was not hashed yet"])
        rows += copies.map { ["same as", $0.escaped] }
        rows += notes.map { note in
            let split = note.split.map { ", split \($0.rawValue)" } ?? ""
            let labels = note.labels.map { PathEscape.withoutControls($0) }.joined(separator: " | ")
            return [
                "manifest", "\(note.manifest), row \(note.row)\(split)" + (labels.isEmpty ? "" : ", labels: \(labels)"),
            ]
        }
        return rows
    }

    private var stageRows: [[String]] {
        if stages.isEmpty { return [["ingest", "not done yet"]] }
        return stages.map { stage in
            var parts = [stage.status + (stage.code.map { " (\($0))" } ?? "")]
            if let detail = stage.detail { parts.append(detail) }
            if stage.isCurrent == false { parts.append("under other settings than those in force") }
            if stage.cpuSeconds > 0 { parts.append("\(QuantityText.number(stage.cpuSeconds)) s of CPU time") }
            parts.append(stage.recordedAt)
            if let output = stage.output { parts.append(output) }
            return [stage.stage, parts.joined(separator: "; ")]
        }
    }

    private var segmentRows: [[String]] {
        DecisionText.rows(segments, times: segments.map { "segment \($0.number)" }).map { row in
            [row[0].trimmingPrefix(while: { $0 == " " }).description, row[1]]
        }
    }

    private var shardRows: [[String]] {
        shards.flatMap { packed -> [[String]] in
            let group = packed.group.map { ", in the group of \($0)" } ?? ""
            let head =
                "\(packed.split.rawValue), \(packed.segments.count) segments, \(QuantityText.seconds(packed.seconds))\(group)"
                + (packed.isVanished ? "; marked as vanished: it gets no pairs" : "")
            return [[packed.shard, head]]
                + packed.pairs.map { pairs in
                    [
                        "pairs \(pairs.set)",
                        "its pictures in \(Self.text(pairs.pictures)); its sound in \(Self.text(pairs.sounds))",
                    ]
                }
        }
    }

    private static func text(_ counts: [String: Int]) -> String {
        let parts = PairKind.allCases.compactMap { kind in counts[kind.name].map { "\($0) \(kind.name)" } }
        return parts.isEmpty ? "none" : parts.joined(separator: " + ")
    }

    /// What a user does next about this item.
    private var advice: String {
        if isVanished {
            return shards.isEmpty
                ? "nothing: it is gone, and in no shard"
                : "avprep shard --compact packs the shards without it"
        }
        guard let ingest = stages.first(where: { $0.stage == StageName.ingest }), ingest.isCurrent == true else {
            return "avprep ingest"
        }
        switch ingest.status {
        case "failed": return "mend the file, or what the reason names; avprep retry with its name tries it again"
        case "skipped":
            return segments.isEmpty
                ? "nothing: the rule that skipped it holds until the file or the settings change"
                : "change policy in the pipeline file, then avprep ingest, if it should be in shards"
        default:
            return shards.isEmpty && shardFaults.isEmpty
                ? "avprep shard" : "nothing; avprep inspect \(ingest.output ?? path.escaped) shows what is stored"
        }
    }
}
