package import AVPrepCore

/// What every stage receives besides its settings: a way to be cancelled, and a way to report progress.
package struct StageContext: Sendable {
    package let cancellation: Cancellation
    package let progress: ProgressReporter.Style

    package init(cancellation: Cancellation = Cancellation(), progress: ProgressReporter.Style = .quiet) {
        self.cancellation = cancellation
        self.progress = progress
    }

    /// What takes events, if anything does.
    package var log: EventLog? {
        if case .log(let log) = progress { log } else { nil }
    }
}
