package import ArgumentParser

/// A command that does work. The command line is declared here, apart from the work: the front program `avprep` answers
/// `--help` and usage errors without loading a single media library, and hands everything else to `avprep-work`, which
/// reads the same declarations and does it.
package protocol WorkCommand: ParsableCommand {}

/// Who does the work in this process.
package enum WorkHost {
    /// Does the work of a parsed command. Set once, before parsing, by the program's entry point.
    nonisolated(unsafe) package static var perform: (any WorkCommand) throws -> Void = { _ in
        preconditionFailure("WorkHost.perform is not set")
    }
}

extension WorkCommand {
    package mutating func run() throws { try WorkHost.perform(self) }
}
