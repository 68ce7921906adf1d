package import AVPrepCatalog
package import AVPrepCore
package import AVPrepCorpus
import AVPrepModel
package import AVPrepPolicy
import AVPrepSettings
import Foundation

/// The result of an ingest: the outcome counts of all listed files.
package struct IngestReport: Sendable, Codable {
    package let counts: StageCounts
    /// The first failed and skipped files, with their reasons.
    package let notes: [String]
    /// Number of failed and skipped files beyond ``notes``.
    package let furtherNotes: Int
    /// Near-duplicates among the prepared videos; nil when the search is off.
    package let nearDuplicates: NearDuplicates.Counts?

    /// The flags of segments, and what the policy decided.
    package let decisions: DecisionReport
    /// Videos decided under another policy before, and again in this run without decoding.
    package let decidedAnew: Int
    /// Listed videos that the last scan could not look for: what is known of them stays.
    package let unreachable: Int
    /// What the last scans left out, and could not read.
    package let findings: [ScanFinding]
    /// What this run found other than before, and what it did.
    package let change: IngestChange
    /// Whether most of what manifests name is missing.
    package let lacksMedia: Bool
    /// Prepared files that were damaged: set aside, and prepared again. A line each.
    package let setAside: [String]
    /// Prepared files that could not be read: they and their outcomes stay as they are. A line each.
    package let unread: [String]

    init(
        catalog: Catalog, settings: IngestSettings, nearDuplicates: NearDuplicates, decidedAnew: Int,
        files: PreparedFiles, change: IngestChange
    ) throws {
        self.change = change
        let key = try settings.key
        setAside = files.setAside.lines
        unread = files.unread
        self.decidedAnew = decidedAnew
        let report = try catalog.report(stages: [])
        unreachable = report.unreachable
        findings = report.findings
        self.nearDuplicates = nearDuplicates.counts
        decisions = try DecisionReport(catalog: catalog, settings: settings)
        let counts = try catalog.counts(stage: StageName.ingest, settingsKey: key)
        self.counts = counts
        lacksMedia = try counts.missing * 2 > counts.listed && !catalog.manifests().isEmpty
        notes = try OutcomeNotes.first(of: catalog, counts.reasons, key: key)
        furtherNotes = counts.failed + counts.skipped - notes.count
    }

    /// Largest number of lines about unreadable files: trouble with a disk affects many files.
    private static let shownUnread = 20

    /// `done` only when nothing is left to do, and everything could be looked at.
    package var exitStatus: ExitStatus {
        counts.failed > 0 || counts.pending > 0 || unreachable > 0 || !unread.isEmpty || !unreadFolders.isEmpty
            ? .doneWithFailures : .done
    }

    /// What the last scans could not read.
    private var unreadFolders: [ScanFinding] { findings.filter { $0.kind == .unreadable } }

    package var text: String {
        var lines = ["\(counts.listed) videos: \(counts.done) done, \(counts.skipped) skipped, \(counts.failed) failed"]
        if counts.pending > 0 { lines[0] += ", \(counts.pending) still to do" }
        lines += notes.map { "  " + $0 }
        if furtherNotes > 0 {
            lines.append("  … and \(furtherNotes) more; list all with avprep status --list failed (or skipped)")
        }
        let passing = counts.reasons.filter(\.isPassing).reduce(0) { $0 + $1.count }
        if passing > 0 {
            lines.append("\(passing) failed for causes that can pass: the next avprep ingest tries them again")
        }
        if counts.missing > 0 {
            lines.append(
                "\(counts.missing) \(counts.missing == 1 ? "is" : "are") missing: each run looks again"
                    + (lacksMedia
                        ? "; corpus.manifest.media says in which folder the media of manifests lie, corpus.manifest.patterns how they are called"
                        : ""))
        }
        if counts.failed > passing + counts.missing {
            let others = passing + counts.missing > 0 ? "other failed files" : "failed files"
            lines.append("\(others) are tried again when they change, or with avprep retry")
        }
        lines += ScanReport.lines(findings, unreachable: unreachable)
        lines += setAside
        lines += unread.prefix(Self.shownUnread)
        if unread.count > Self.shownUnread {
            lines.append("… and \(unread.count - Self.shownUnread) more prepared files that cannot be read")
        }
        if let text = nearDuplicates?.text { lines.append(text) }
        if let summary = decisions.summary { lines.append(summary) }
        if decidedAnew > 0 {
            lines.append("\(decidedAnew) videos decided again under the current policy, without decoding")
        }
        if counts.done > 0 { lines.append("next: avprep shard") }
        return lines.joined(separator: "\n")
    }
}

extension StageCounts {
    /// Rows of manifests without a file.
    fileprivate var missing: Int {
        reasons.filter { $0.status == "failed" && $0.code == Outcome.Reason.missingFile }.reduce(0) { $0 + $1.count }
    }
}
