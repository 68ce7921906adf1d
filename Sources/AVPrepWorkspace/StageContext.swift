package import AVPrepCore

/// What every stage gets besides its settings: a way to be cancelled, and a way to report progress.
package struct StageContext: Sendable {
    package let cancellation: Cancellation
    package let progress: ProgressReporter.Style

    package init(cancellation: Cancellation = Cancellation(), progress: ProgressReporter.Style = .quiet) {
        self.cancellation = cancellation
        self.progress = progress
    }
}
