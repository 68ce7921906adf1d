package import AVPrepCatalog
import AVPrepCore
import AVPrepModel

/// Some files that failed or were skipped in ingest, one line per file, for reports: failures first, and some for each
/// reason.
package enum OutcomeNotes {
    /// Approximate number of lines.
    private static let limit = 20

    /// - Parameters:
    ///   - reasons: how many items failed or were skipped, by reason.
    ///   - key: the key of the settings whose outcomes count.
    package static func first(of catalog: Catalog, _ reasons: [StageCounts.Reason], key: String) throws -> [String] {
        var notes: [String] = []
        for status in ["failed", "skipped"] {
            let codes = reasons.filter { $0.status == status }.map(\.code)
            for (index, code) in codes.enumerated() {
                // An equal part of the remaining lines, so that a frequent reason does not hide rare ones.
                let share = max(1, (limit - notes.count) / (codes.count - index))
                let records = try catalog.outcomes(
                    stage: StageName.ingest, settingsKey: key, status: status, code: code, limit: share)
                notes += records.compactMap { record in
                    record.outcome.reason.map { PathEscape.withoutControls("\(status) (\($0.code)): \($0.detail)") }
                }
            }
        }
        return notes
    }
}
