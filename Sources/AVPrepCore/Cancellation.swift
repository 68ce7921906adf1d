import Foundation
import Synchronization

/// Set once when the user wants the work to end (SIGINT, SIGTERM); looked at between units of work by every stage.
package final class Cancellation: Sendable {
    private let status = Atomic<Int32>(0)

    package init() {}

    /// Asks all work to end, the process to exit with `status`. The first call decides.
    package func cancel(_ status: ExitStatus) {
        _ = self.status.compareExchange(expected: 0, desired: status.rawValue, ordering: .relaxed)
    }

    /// How the process is to end, if it was asked to.
    package var requested: ExitStatus? {
        let value = status.load(ordering: .relaxed)
        return value == 0 ? nil : ExitStatus(rawValue: value)
    }

    package var isCancelled: Bool { requested != nil }

    /// - Throws: `CancellationError` once cancelled.
    package func check() throws {
        if isCancelled { throw CancellationError() }
    }
}
