import Foundation
import Synchronization

/// A flag set once when the user asks the work to stop (SIGINT, SIGTERM, …); every stage checks it between units of work.
package final class Cancellation: Sendable {
    private let status = Atomic<Int32>(0)
    /// How many pieces of work that may take longer to end are under way.
    private let lengthyWork = Atomic<Int>(0)

    /// How long work may take to end once it was asked to, in seconds, and how long while it saves what it has done.
    private static let usualGrace = 1.5
    private static let lengthyGrace = 10.0

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

    /// How long the process waits for its work to end by itself, once it was asked to, in seconds.
    package var graceSeconds: Double {
        lengthyWork.load(ordering: .relaxed) > 0 ? Self.lengthyGrace : Self.usualGrace
    }

    /// Runs work that, asked to stop, ends the step it is in and saves its state, which may take some seconds.
    package func savingAtEnd<Result>(_ body: () throws -> Result) rethrows -> Result {
        lengthyWork.add(1, ordering: .relaxed)
        defer { lengthyWork.subtract(1, ordering: .relaxed) }
        return try body()
    }

    package var isCancelled: Bool { requested != nil }

    /// - Throws: `CancellationError` once cancelled.
    package func check() throws {
        if isCancelled { throw CancellationError() }
    }

    /// Waits, but no longer than until work is asked to stop.
    ///
    /// - Throws: `CancellationError` once cancelled.
    package func wait(seconds: Double) throws {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            try check()
            usleep(20_000)
        }
        try check()
    }
}
