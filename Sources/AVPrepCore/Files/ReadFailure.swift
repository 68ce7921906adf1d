/// A file could not be opened or read.
package struct ReadFailure: ActionableError, Equatable {
    /// What kind of trouble it is.
    package enum Kind: Sendable, Equatable {
        /// It is missing, not permitted, or not a regular file.
        case unreadable
        /// The system failed for a reason that is likely to pass.
        case passing
        /// It was written to or replaced while it was read.
        case changing
    }

    package let kind: Kind
    package let description: String
    package let exitStatus = ExitStatus.badInput

    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    /// - Parameters:
    ///   - doing: what failed: a verb, and the file.
    ///   - code: the `errno`.
    package init(_ doing: String, code: Int32) {
        self.init(PassingCause.isPassing(code) ? .passing : .unreadable, "cannot \(doing): \(systemError(code))")
    }
}
