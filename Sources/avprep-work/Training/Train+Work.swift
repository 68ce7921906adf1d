import AVPrepCommands
import AVPrepPipeline

extension Train: PerformableCommand {
    func perform() throws {
        let overrides = [name.map { "train.name=\($0)" }, device.map { "train.device=\($0)" }].compactMap { $0 }
        let report = try TrainStage.run(try options.workspace(overrides), options.session.context)
        try Terminal.show(report, json: options.json, text: \.text)
    }
}
