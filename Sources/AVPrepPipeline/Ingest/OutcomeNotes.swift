import AVPrepCatalog
import AVPrepCore

/// The first few files that failed or were skipped in ingest, a line each, for reports: failures first.
enum OutcomeNotes {
    /// At most so many are shown.
    private static let limit = 20

    /// - Parameter key: of the settings whose outcomes count.
    static func first(of catalog: Catalog, key: String) throws -> [String] {
        var notes: [String] = []
        for status in ["failed", "skipped"] {
            for record in try catalog.outcomes(
                stage: IngestStage.name, settingsKey: key, status: status, limit: limit - notes.count)
            {
                if let reason = record.outcome.reason { notes.append("\(status) (\(reason.code)): \(reason.detail)") }
            }
        }
        return notes
    }
}
