import AVPrepCatalog
package import AVPrepCore
package import AVPrepIngest
package import AVPrepShard
import AVPrepStore

/// What a refresh did: short enough for a mail.
package struct RefreshReport: Sendable, Encodable {
    /// What kept a stage after ingest from being done.
    package struct Stop: Sendable, Codable {
        package let message: String
        package let exitStatus: ExitStatus
    }

    /// The absolute path of the workspace: whoever reads a mail does not know where it ran.
    package let folder: String
    package let ingest: IngestReport
    /// Nil when nothing is prepared, or when ``stop`` came before.
    package internal(set) var shard: ShardReport?
    package internal(set) var train: TrainStage.Report?
    package internal(set) var evaluate: EvaluateStage.Report?
    package internal(set) var stop: Stop?

    /// Whether a user should look: something failed in this refresh. What had failed before is in `avprep status`.
    package var needsAttention: Bool { exitStatus != .done }

    /// 2 when items failed in this refresh or could not be looked at, and what stopped a stage, if anything did.
    package var exitStatus: ExitStatus {
        if let stop { return stop.exitStatus }
        let isWhole =
            ingest.change.failed == 0 && ingest.counts.pending == 0 && ingest.unreachable == 0 && ingest.unread.isEmpty
            && shard?.failed.isEmpty != false
        return isWhole ? .done : .doneWithFailures
    }

    /// Largest number of lines about single items.
    private static let shownNotes = 20

    package var text: String {
        var lines = ["avprep refresh of \(folder): \(ingest.change.text)"]
        lines += ingest.change.failures.prefix(Self.shownNotes).map { "  " + $0 }
        let more = ingest.change.failed - min(ingest.change.failures.count, Self.shownNotes)
        if more > 0 { lines.append("  … and \(more) more; avprep status --list failed") }
        lines += ingest.unread.prefix(Self.shownNotes)
        if ingest.unread.count > Self.shownNotes {
            lines.append("… and \(ingest.unread.count - Self.shownNotes) more prepared files that cannot be read")
        }
        let counts = ingest.counts
        lines.append(
            "in all: \(counts.listed) videos = \(counts.done) done + \(counts.skipped) skipped + \(counts.failed) failed"
                + (counts.pending > 0 ? " + \(counts.pending) still to do" : ""))
        if ingest.unreachable > 0 {
            lines.append("\(ingest.unreachable) could not be looked for; avprep status says where")
        }
        if let shard {
            lines.append("shards: \(shard.packed) packed, \(shard.index.shards.count) in all, in \(shard.folder)")
            lines += shard.failed.prefix(Self.shownNotes).map { "  not packed: " + $0 }
            lines += shard.refusals.map { "no pairs: " + $0 }
            lines += shard.notes
        }
        if let train { lines.append(train.text) }
        if let evaluate { lines.append(evaluate.text) }
        if let stop { lines.append("stopped: \(stop.message)") }
        return lines.joined(separator: "\n")
    }
}
