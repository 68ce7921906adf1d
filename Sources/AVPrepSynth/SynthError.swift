package import AVPrepCore

/// A practice corpus or a test video cannot be made.
package struct SynthError: ActionableError, Equatable {
    /// The kind of error.
    package enum Code: String, Sendable, Codable {
        /// A setting is outside its range.
        case settings
        /// The folder holds a corpus with other settings, or a truth file that cannot be read.
        case folder
    }

    package let code: Code
    /// One line: what is wrong, where, and what to do.
    package let description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    package var exitStatus: ExitStatus { .badInput }
}
