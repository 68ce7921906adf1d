import AVPrepCore
import AVPrepPipeline
import ArgumentParser

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what happened to every video, and what there is.",
        discussion: """
            Counts add up: every listed video is done, skipped, failed or still to do. Examples:

              avprep status
              avprep status --check    go through the whole catalog and prove it
              avprep status --json
            """)

    @OptionGroup var options: PipelineOptions

    @Flag(name: .long, help: "Go through the whole catalog: damaged pages, counts that do not add up.")
    var check = false

    func run() throws {
        let report = try StatusReport.make(try options.workspace(), isThorough: check)
        try Terminal.show(report, json: options.json, text: \.text)
    }
}
