import AVPrepCommands
import AVPrepPipeline
import Foundation

extension Train: PerformableCommand, JointCommand {
    func perform() throws {
        let overrides = [name.map { "train.name=\($0)" }, device.map { "train.device=\($0)" }].compactMap { $0 }
        let report = try TrainStage.run(
            try options.workspace(overrides), options.session.context,
            startedBy: ProcessInfo.processInfo.environment)
        // Rank 0 speaks for all processes.
        guard let report else { return }
        try Terminal.show(report, json: options.json, text: \.text)
    }
}
