/// What the process says to its caller when it ends. The one list of exit codes; the manual copies it.
package enum ExitStatus: Int32, Sendable {
    /// Everything asked for is done.
    case done = 0
    /// Nothing more can be done: the command failed.
    case failed = 1
    /// The command went through, and some items failed. `avprep status` names them.
    case doneWithFailures = 2
    /// The command line is wrong (sysexits EX_USAGE).
    case usage = 64
    /// Input data or settings are wrong (sysexits EX_DATAERR).
    case badInput = 65
    /// Another avprep holds the working directory; try again later (sysexits EX_TEMPFAIL).
    case busy = 75
    /// Ended by SIGINT (128 + 2).
    case interrupted = 130
    /// Ended by SIGTERM (128 + 15).
    case terminated = 143
}

/// An error that a user can act on: its description is one line that says what failed, on which file and where,
/// and what to do about it.
package protocol ActionableError: Error, CustomStringConvertible, Sendable {
    /// The code the process ends with when this error ends it.
    var exitStatus: ExitStatus { get }
}

/// A plain actionable error, for modules that need no codes of their own.
package struct Failure: ActionableError, Equatable {
    package let description: String
    package let exitStatus: ExitStatus

    /// - Parameters:
    ///   - description: one line: what failed, on what, and what to do.
    ///   - exitStatus: the code the process ends with if this error ends it.
    package init(_ description: String, exitStatus: ExitStatus = .failed) {
        self.description = description
        self.exitStatus = exitStatus
    }
}
