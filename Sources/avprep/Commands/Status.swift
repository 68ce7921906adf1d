import AVPrepCore
import AVPrepPipeline
import ArgumentParser

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what happened to every video, and what there is.",
        discussion: """
            Counts add up, and that is checked: every listed video is done, skipped, failed or still to do. Examples:

              avprep status
              avprep status --json
            """)

    @OptionGroup var options: PipelineOptions

    func run() throws {
        try Terminal.show(try StatusReport.make(try options.workspace()), json: options.json, text: \.text)
    }
}
