package import AVPrepCore

/// What every stage is given besides its settings: how it is stopped, and how it tells where it is.
package struct StageContext: Sendable {
    package let cancellation: Cancellation
    package let progress: ProgressReporter.Style

    package init(cancellation: Cancellation = Cancellation(), progress: ProgressReporter.Style = .quiet) {
        self.cancellation = cancellation
        self.progress = progress
    }
}
