import Foundation
import Synchronization

/// A flag set once when the user asks the work to stop (SIGINT, SIGTERM); every stage checks it between units of work.
package final class Cancellation: Sendable {
    private let status = Atomic<Int32>(0)

    package init() {}

    /// Asks all work to stop and the process to exit with `status`. The first call wins.
    package func cancel(_ status: ExitStatus) {
        _ = self.status.compareExchange(expected: 0, desired: status.rawValue, ordering: .relaxed)
    }

    /// The exit status requested with the cancellation; nil when not cancelled.
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
