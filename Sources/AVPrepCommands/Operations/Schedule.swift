package import ArgumentParser

/// `avprep schedule`.
package struct Schedule: WorkCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Print what makes cron or systemd refresh this workspace.",
        discussion: """
            Nothing is installed: look at what is printed, and put it in place. Examples:

              avprep schedule --cron                                   a line for crontab -e
              (crontab -l; avprep schedule --cron) | crontab -         adds that line
              avprep schedule --systemd --every week --at 22:30        a service and a timer, to look at
              avprep schedule --systemd --into ~/.config/systemd/user  writes the two files
            """)

    /// How often.
    package enum Interval: String, ExpressibleByArgument, CaseIterable {
        case hour, day, week
    }

    @OptionGroup package var options: PipelineOptions

    @Flag(name: .long, help: "A line for a crontab.")
    package var cron = false

    @Flag(name: .long, help: "A service unit and a timer unit.")
    package var systemd = false

    @Option(
        name: .long,
        help: ArgumentHelp("How often.", valueName: Interval.allCases.map(\.rawValue).joined(separator: "|")))
    package var every = Interval.day

    @Option(name: .long, help: ArgumentHelp("At what time of day; weekly on Sunday.", valueName: "HH:MM"))
    package var at = "03:17"

    @Option(name: .long, help: ArgumentHelp("Write the units into this folder.", valueName: "folder"))
    package var into: String?

    package init() {}

    package func validate() throws {
        guard cron != systemd else { throw ValidationError("say --cron or --systemd") }
        if cron, into != nil { throw ValidationError("--into goes with --systemd") }
    }
}
