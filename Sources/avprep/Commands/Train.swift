import AVPrepCore
import AVPrepPipeline
import ArgumentParser

struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train on the shards, stage by stage.",
        discussion: """
            A run that was stopped, killed or crashed goes on from its last checkpoint when the same command comes \
            again. Examples:

              avprep train
              avprep train --name small --device cpu --set train.model.video.width=16
            """)

    @OptionGroup var options: PipelineOptions

    @Option(name: .long, help: "The run's folder under runs.")
    var name: String?

    @Option(name: .long, help: "auto, cpu or cuda.")
    var device: String?

    func run() throws {
        TrainStage.prepareProcess()
        let overrides = [name.map { "train.name=\($0)" }, device.map { "train.device=\($0)" }].compactMap { $0 }
        let report = try TrainStage.run(try options.workspace(overrides), options.session.context)
        try Terminal.show(report, json: options.json, text: \.text)
    }
}
