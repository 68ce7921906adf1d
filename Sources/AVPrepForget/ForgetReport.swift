package import AVPrepCore
import AVPrepWorkspace

/// What `avprep forget` removed, or would remove.
package struct ForgetReport: Sendable, Codable {
    /// One content.
    package struct Video: Sendable, Codable, Equatable {
        package let videoID: String
        /// Its files in the corpus: all that have these bytes.
        package let paths: [BytePath]
    }

    package let isDryRun: Bool
    package let videos: [Video]
    /// Contents whose removal an earlier run had begun, and that this one has ended.
    package let resumed: [String]
    /// Files of the corpus of which nothing was ever read: they leave the catalog, and no id keeps them away.
    package let unread: [BytePath]
    /// Names that stand for nothing.
    package let unknown: [String]
    package let preparedFiles: Int
    package let shardsRemoved: Int
    package let shardsPacked: Int
    package let pairs: PairCounts?
    package let exportFiles: Int
    /// Splits that have no video any more.
    package let emptySplits: [String]
    /// Size of the files that are removed; shards that are packed again take some of it.
    package let bytes: Int
    package let notes: [String]
    /// What avprep does not know of, and cannot remove.
    package let limits: String

    package var exitStatus: ExitStatus { unknown.isEmpty ? .done : .doneWithFailures }

    package var text: String {
        let would = isDryRun ? "would be " : ""
        var lines = videos.map { video in
            let paths = video.paths.map(\.escaped).joined(separator: ", ")
            return "\(would)forgotten: \(video.videoID)\(paths.isEmpty ? "" : " (\(paths))")"
        }
        lines += unread.map {
            "\(would)forgotten: \($0), of which nothing was ever read: if it comes back, so will its entry"
        }
        lines += unknown.map { "unknown: \($0); give a path as avprep status --list shows it, a pattern, or an id" }
        if !resumed.isEmpty {
            lines.append("\(resumed.count) of an earlier avprep forget that did not end are gone, too")
        }
        if !videos.isEmpty || !resumed.isEmpty {
            let size = bytes >= 1 << 20 ? "\(bytes >> 20) MiB" : "\(bytes >> 10) KiB"
            lines.append(
                "\(preparedFiles) prepared files, \(shardsRemoved) shards and \(exportFiles) exported files \(would)removed (\(size)); \(shardsPacked) shards \(would)packed again without what is forgotten"
            )
            if let pairs {
                lines.append(
                    "pairs of these shards: \(pairs.kept) stay as they were, \(pairs.removed) are gone, \(pairs.drawn) are drawn in their place; no other shard's pairs changed"
                )
            }
        }
        lines += emptySplits.map { split in
            "\(split) has no video any more: "
                + (split == "train" ? "avprep train needs some" : "nothing is evaluated on it")
                + "; add videos, and run avprep refresh"
        }
        lines += notes
        if !videos.isEmpty { lines.append(limits) }
        return lines.isEmpty ? "nothing is forgotten" : lines.joined(separator: "\n")
    }
}

/// What `avprep forget --undo` allows again.
package struct UndoReport: Sendable, Codable {
    /// Ids.
    package let allowed: [String]

    package var text: String {
        allowed.isEmpty
            ? "nothing was forgotten"
            : allowed.map { "allowed again: \($0)" }.joined(separator: "\n") + "\nthe next avprep ingest takes them"
    }
}
