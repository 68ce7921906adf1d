import AVPrepCore
import AVPrepPipeline
import ArgumentParser

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ingest, shard, train and evaluate, one after the other.",
        discussion: """
            Each part continues where it was, so the same command again does only what is left. Example:

              avprep run --pipeline pipelines/avts.yaml
            """)

    @OptionGroup var options: PipelineOptions

    func run() throws {
        TrainStage.prepareProcess()
        let report = try RunStage.run(try options.workspace(), options.session.context)
        try Terminal.show(report, json: options.json, text: \.text)
        try report.exitStatus.end()
    }
}
