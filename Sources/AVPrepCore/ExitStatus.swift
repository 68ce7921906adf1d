/// The exit codes of the process. This is the only list of them; the manual copies it.
package enum ExitStatus: Int32, Sendable, Codable {
    /// Everything that was asked for is done.
    case done = 0
    /// The command failed and cannot continue.
    case failed = 1
    /// The command finished, and some items failed. `avprep status` names them.
    case doneWithFailures = 2
    /// The command line is wrong (sysexits EX_USAGE).
    case usage = 64
    /// Input data or settings are wrong (sysexits EX_DATAERR).
    case badInput = 65
    /// Another avprep holds the working directory, or tasks have left something to do; try again later (sysexits EX_TEMPFAIL).
    case busy = 75
    /// Stopped by SIGHUP (128 + 1): the terminal is gone.
    case hungUp = 129
    /// Stopped by SIGINT (128 + 2).
    case interrupted = 130
    /// Stopped by SIGTERM (128 + 15), or by SIGUSR1, with which schedulers announce it.
    case terminated = 143
}

/// An error that a user can act on: its description is one line that says what failed, on which file and where,
/// and what to do about it.
package protocol ActionableError: Error, CustomStringConvertible, Sendable {
    /// The code the process exits with when this error ends it.
    var exitStatus: ExitStatus { get }
}

/// A plain actionable error, for modules that need no error codes of their own.
package struct Failure: ActionableError, RunEndingError, Equatable {
    package let description: String
    package let exitStatus: ExitStatus
    package let endsRun: Bool

    /// - Parameters:
    ///   - description: one line: what failed, on what, and what to do.
    ///   - exitStatus: the code the process exits with if this error ends it.
    ///   - endsRun: whether other items would meet the same trouble.
    package init(_ description: String, exitStatus: ExitStatus = .failed, endsRun: Bool = false) {
        self.description = description
        self.exitStatus = exitStatus
        self.endsRun = endsRun
    }
}
