import AVPrepCommands
import AVPrepCore
import ArgumentParser
import Foundation

/// The program that does the work: runs one stage of the pipeline, prints its result, and ends with its exit code.
@main
enum Main {
    static func main() {
        StopSignals.listen()
        WorkHost.perform = { command in
            guard let command = command as? any PerformableCommand else {
                preconditionFailure("a command without an implementation: \(command)")
            }
            try command.perform()
        }
        do {
            var command = try Avprep.parseAsRoot()
            try command.run()
        } catch let error as any ActionableError {
            Terminal.complain(error.description)
            // What fails while the work is being stopped may fail for that.
            Foundation.exit((Session.cancellation.requested ?? error.exitStatus).rawValue)
        } catch is CancellationError {
            Terminal.complain("stopped; repeat the command to continue")
            Foundation.exit((Session.cancellation.requested ?? .interrupted).rawValue)
        } catch {
            Avprep.exit(withError: error)
        }
    }
}

/// A command with its implementation.
protocol PerformableCommand: WorkCommand {
    func perform() throws
}

extension ExitStatus {
    /// Ends the command with this status; returns when it is `done`.
    func end() throws {
        if self != .done { throw ExitCode(rawValue) }
    }
}
