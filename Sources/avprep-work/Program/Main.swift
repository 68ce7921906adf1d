import AVPrepCommands
import AVPrepCore
import ArgumentParser
import Foundation

/// The program that does the work: runs one stage of the pipeline, prints its result, and ends with its exit code.
@main
enum Main {
    static func main() {
        StandardFiles.open()
        StopSignals.listen()
        WorkHost.perform = { command in
            guard let command = command as? any PerformableCommand else {
                preconditionFailure("a command without an implementation: \(command)")
            }
            guard let observed = command as? any ObservedCommand else { return try command.perform() }
            try Observation(observed).around { try command.perform() }
        }
        do {
            var command = try Avprep.parseAsRoot()
            try command.run()
        } catch {
            guard error is any ActionableError || error is CancellationError else { Avprep.exit(withError: error) }
            complain(of: error)
            Foundation.exit(status(of: error))
        }
    }

    /// Says what ended a command, unless it has said so itself.
    static func complain(of error: any Error) {
        switch error {
        case let error as any ActionableError: Terminal.complain(error.description)
        case is CancellationError: Terminal.complain("stopped; repeat the command to continue")
        case is ExitCode: break
        default: Terminal.complain(Avprep.message(for: error))
        }
    }

    /// The exit code of an error that ends a command.
    static func status(of error: any Error) -> Int32 {
        switch error {
        // What fails while the work is being stopped may fail for that.
        case let error as any ActionableError: (Session.cancellation.requested ?? error.exitStatus).rawValue
        case is CancellationError: (Session.cancellation.requested ?? .interrupted).rawValue
        default: Avprep.exitCode(for: error).rawValue
        }
    }
}

/// A command with its implementation.
protocol PerformableCommand: WorkCommand {
    func perform() throws
}

/// A command that several processes can do together.
protocol JointCommand {}

extension ExitStatus {
    /// Ends the command with this status; returns when it is `done`.
    func end() throws {
        if self != .done { throw ExitCode(rawValue) }
    }
}
