package import ArgumentParser

/// `avprep doctor`.
package struct Doctor: WorkCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Check this machine (libraries, engine, device, disk) and say what to do.")

    @Flag(name: .long, help: "Print the result as JSON.")
    package var json = false

    package init() {}
}
