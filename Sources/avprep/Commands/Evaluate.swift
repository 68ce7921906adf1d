import AVPrepCore
import AVPrepPipeline
import ArgumentParser

struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure a trained run on videos it never saw.",
        discussion: """
            Accuracy of "in sync or not" on easy and on hard negatives, the threshold chosen on val, and the area under \
            the ROC curve. Example:

              avprep evaluate --name avts
            """)

    @OptionGroup var options: PipelineOptions

    @Option(name: .long, help: "The run's folder under runs.")
    var name: String?

    func run() throws {
        TrainStage.prepareProcess()
        let workspace = try options.workspace(name.map { ["train.name=\($0)"] } ?? [])
        let report = try EvaluateStage.run(workspace, options.session.context)
        try Terminal.show(report, json: options.json, text: \.text)
    }
}
