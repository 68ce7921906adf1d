package import AVPrepCatalog
package import AVPrepCore
package import AVPrepCorpus
package import AVPrepPolicy
import AVPrepSettings
import Foundation

/// Where a corpus stands after an ingest: every listed file once.
package struct IngestReport: Sendable, Codable {
    package let counts: StageCounts
    /// Some of the files that failed or were skipped, with their reasons.
    package let notes: [String]
    /// Notes that there are beyond those.
    package let furtherNotes: Int
    /// How many of the prepared videos are near-duplicates of others; nil when none were looked for.
    package let nearDuplicates: NearDuplicates.Counts?

    /// Which flags segments carry, and what became of them.
    package let decisions: DecisionReport
    /// Videos that were decided by another policy before this run, and were not decoded again.
    package let decidedAnew: Int
    /// Prepared files that were damaged: set aside, and prepared again. A line each.
    package let setAside: [String]
    /// Prepared files that could not be read: they and their outcomes stay as they are. A line each.
    package let unread: [String]

    init(
        catalog: Catalog, settings: IngestSettings, nearDuplicates: NearDuplicates, decidedAnew: Int,
        files: PreparedFiles
    ) throws {
        let key = try settings.key
        setAside = files.setAside.lines
        unread = files.unread
        self.decidedAnew = decidedAnew
        self.nearDuplicates = nearDuplicates.counts
        decisions = try DecisionReport(catalog: catalog, settings: settings)
        let counts = try catalog.counts(stage: StageName.ingest, settingsKey: key)
        self.counts = counts
        notes = try OutcomeNotes.first(of: catalog, counts.reasons, key: key)
        furtherNotes = counts.failed + counts.skipped - notes.count
    }

    /// What is wrong with a disk is wrong with many files.
    private static let shownUnread = 20

    /// Videos whose prepared file is there.
    package var preparedCount: Int { counts.done }

    package var exitStatus: ExitStatus { counts.failed > 0 || !unread.isEmpty ? .doneWithFailures : .done }

    package var text: String {
        var lines = ["\(counts.listed) videos: \(counts.done) done, \(counts.skipped) skipped, \(counts.failed) failed"]
        if counts.pending > 0 { lines[0] += ", \(counts.pending) still to do" }
        lines += notes.map { "  " + $0 }
        if furtherNotes > 0 {
            lines.append("  … and \(furtherNotes) more: avprep status --list failed (or skipped) names them all")
        }
        if counts.failed > 0 {
            lines.append("failed files stay so until they change; avprep ingest --retry tries them again")
        }
        lines += setAside
        lines += unread.prefix(Self.shownUnread)
        if unread.count > Self.shownUnread {
            lines.append("… and \(unread.count - Self.shownUnread) more prepared files that cannot be read")
        }
        if let text = nearDuplicates?.text { lines.append(text) }
        if let summary = decisions.summary { lines.append(summary) }
        if decidedAnew > 0 { lines.append("\(decidedAnew) videos decided anew by the policy, without decoding") }
        if counts.done > 0 { lines.append("next: avprep shard") }
        return lines.joined(separator: "\n")
    }
}
