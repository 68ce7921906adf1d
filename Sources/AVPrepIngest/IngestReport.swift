package import AVPrepCatalog
package import AVPrepCore
package import AVPrepCorpus
package import AVPrepPolicy
package import AVPrepSettings
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

    package init(catalog: Catalog, settings: IngestSettings, nearDuplicates: NearDuplicates, decidedAnew: Int) throws {
        let key = try settings.key
        self.decidedAnew = decidedAnew
        self.nearDuplicates = nearDuplicates.counts
        decisions = try DecisionReport(catalog: catalog, settings: settings)
        let counts = try catalog.counts(stage: StageName.ingest, settingsKey: key)
        self.counts = counts
        notes = try OutcomeNotes.first(of: catalog, counts.reasons, key: key)
        furtherNotes = counts.failed + counts.skipped - notes.count
    }

    package var exitStatus: ExitStatus { counts.failed > 0 ? .doneWithFailures : .done }

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
        if let text = nearDuplicates?.text { lines.append(text) }
        if let summary = decisions.summary { lines.append(summary) }
        if decidedAnew > 0 { lines.append("\(decidedAnew) videos decided anew by the policy, without decoding") }
        if counts.done > 0 { lines.append("next: avprep shard") }
        return lines.joined(separator: "\n")
    }
}
