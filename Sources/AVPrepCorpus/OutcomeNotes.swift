package import AVPrepCatalog
import AVPrepModel

/// Some files that failed or were skipped in ingest, a line each, for reports: failures first, and some for each reason.
package enum OutcomeNotes {
    /// About so many are shown.
    private static let limit = 20

    /// - Parameters:
    ///   - reasons: how often items failed or were skipped, and why.
    ///   - key: of the settings whose outcomes count.
    package static func first(of catalog: Catalog, _ reasons: [StageCounts.Reason], key: String) throws -> [String] {
        var notes: [String] = []
        for status in ["failed", "skipped"] {
            let codes = reasons.filter { $0.status == status }.map(\.code)
            for (index, code) in codes.enumerated() {
                // An equal part of the lines that are left, so that a frequent reason hides no rare one.
                let share = max(1, (limit - notes.count) / (codes.count - index))
                let records = try catalog.outcomes(
                    stage: StageName.ingest, settingsKey: key, status: status, code: code, limit: share)
                notes += records.compactMap { record in
                    record.outcome.reason.map { "\(status) (\($0.code)): \($0.detail)" }
                }
            }
        }
        return notes
    }
}
