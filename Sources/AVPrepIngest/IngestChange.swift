package import AVPrepCatalog
import AVPrepModel
import Synchronization

/// What one ingest found other than before, and what it did.
package struct IngestChange: Sendable, Codable {
    /// Files that are new, have other content, or are listed again, as against the last listing.
    package let listing: ListingChange
    /// Files that were listed before and are not any more.
    package let vanished: Int
    /// Outcomes of this run.
    package let done: Int
    package let skipped: Int
    package let failed: Int
    /// The first failures of this run, a line each.
    package let failures: [String]

    /// One line.
    package var text: String {
        let numbers = [
            (listing.added, "new"), (listing.changed, "changed"), (listing.returned, "back"), (vanished, "vanished"),
            (done, "prepared"), (skipped, "skipped"), (failed, "failed"),
        ]
        let parts = numbers.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return parts.isEmpty ? "nothing new" : parts.joined(separator: ", ")
    }
}

/// Counts the outcomes of a run, from any thread.
final class OutcomeTally: Sendable {
    /// How many failures are kept in words: a disk that is gone fails them all.
    private static let shown = 100
    private let state = Mutex((done: 0, skipped: 0, failed: 0, failures: [String]()))

    func add(_ outcome: Outcome) {
        state.withLock { state in
            switch outcome {
            case .done: state.done += 1
            case .skipped: state.skipped += 1
            case .failed(let reason):
                state.failed += 1
                if state.failures.count < Self.shown {
                    state.failures.append("failed (\(reason.code)): \(reason.detail)")
                }
            }
        }
    }

    /// - Parameters:
    ///   - listing: what the listing found.
    ///   - vanished: how many files it did not find any more.
    func change(_ listing: ListingChange, vanished: Int) -> IngestChange {
        state.withLock { state in
            IngestChange(
                listing: listing, vanished: vanished, done: state.done, skipped: state.skipped, failed: state.failed,
                failures: state.failures.sorted())
        }
    }
}
