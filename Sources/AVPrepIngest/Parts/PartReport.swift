import AVPrepCatalog
package import AVPrepCore
import AVPrepModel
package import AVPrepParts

/// What one task has done: `avprep ingest --part`.
package struct PartReport: Sendable, Codable {
    /// What came of the items that this task has done.
    package struct Counts: Sendable, Codable {
        package internal(set) var done = 0
        package internal(set) var skipped = 0
        package internal(set) var failed = 0
        /// Those of these that belong to other parts.
        package internal(set) var ofOthers = 0
        /// Files with the same bytes as others.
        package internal(set) var duplicates = 0
        /// Files that are not what was listed any more.
        package internal(set) var changed = 0
        /// The first failures, a line each.
        package internal(set) var failures: [String] = []

        private static let shownFailures = 20

        package var total: Int { done + skipped + failed }

        mutating func add(_ result: ItemNotes.Result, isOwn: Bool) {
            switch result.outcome {
            case .done, nil: done += 1
            case .skipped: skipped += 1
            case .failed(let reason):
                failed += 1
                if failures.count < Self.shownFailures {
                    failures.append("failed (\(reason.code)): \(reason.detail)")
                }
            }
            if !isOwn { ofOthers += 1 }
        }
    }

    package let part: PartNumber
    /// Items of the listing that all tasks divide.
    package let listed: Int
    /// How many of them nobody had done when this task ended.
    package let remaining: Int
    package let counts: Counts
    /// Prepared files that were damaged: set aside, and prepared again. A line each.
    package let setAside: [String]
    /// Prepared files that could not be read: they stay as they are. A line each.
    package let unread: [String]

    /// Failed items, and files that could not be read, are no trouble of the task itself.
    package var exitStatus: ExitStatus { counts.failed > 0 || !unread.isEmpty ? .doneWithFailures : .done }

    package var text: String {
        var line = "part \(part): \(counts.done) done, \(counts.skipped) skipped, \(counts.failed) failed"
        if counts.duplicates > 0 { line += ", \(counts.duplicates) duplicates" }
        if counts.ofOthers > 0 { line += " (\(counts.ofOthers) of them of other parts)" }
        var lines = [line]
        lines += counts.failures.map { "  " + $0 }
        if counts.changed > 0 {
            lines.append("\(counts.changed) files are not what was listed any more; they come with the next listing")
        }
        lines += setAside + unread
        lines.append(
            remaining == 0
                ? "all \(listed) videos of the listing are done; next: avprep merge"
                : "\(remaining) of \(listed) videos of the listing are left to tasks that are at work")
        return lines.joined(separator: "\n")
    }
}
