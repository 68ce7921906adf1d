package import AVPrepCore

/// Something that ends a training run, or keeps it from beginning.
package struct TrainingError: ActionableError, Equatable {
    /// What kind of thing went wrong.
    package enum Code: String, Sendable {
        /// A checkpoint is damaged, no checkpoint, or of another format.
        case checkpoint
        /// The training data does not fit the settings.
        case data
        /// The loss is no number any more.
        case diverged
        /// The settings contradict each other or ask for something that does not exist.
        case settings
    }

    package let code: Code
    package let description: String
    package var exitStatus: ExitStatus { code == .diverged ? .failed : .badInput }

    /// - Parameters:
    ///   - code: what kind of thing went wrong.
    ///   - description: one line: what failed, on what, and what to do.
    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
