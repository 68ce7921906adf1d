import AVPrepCore
import AVPrepModel
import AVPrepStore
import Foundation
import ShardFixtures
import TestSupport
import Testing

@testable import AVPrepTraining

/// Training and evaluation on shards of three splits, damaged: both refuse them before the engine is loaded, naming the
/// file, and leave all of them as they are.
@Suite struct HostileTrainingTests {
    private static let changes: [(name: String, change: @Sendable (inout Data) -> Void)] = [
        ("cut", { $0.removeLast($0.count / 3) }), ("grown", { $0.append(0) }),
        ("a bit where HDF5 reads", { $0[9] ^= 1 }), ("no HDF5", { $0 = Data("not a data set".utf8) }),
        ("empty", { $0 = Data() }),
    ]

    private func settings() -> TrainSettings {
        var settings = TrainSettings()
        settings.batchSize = 4
        settings.model.frames = PracticeShards.clipFrames
        settings.model.cropSize = 8
        settings.stages = [StageSettings(name: "mixed", set: "mixed", epochs: 1)]
        return settings
    }

    private func refusal(_ body: () throws -> Void) throws -> (any ActionableError)? {
        do {
            try body()
            return nil
        } catch let error as any ActionableError { return error }
    }

    @Test func damagedFilesAreNamedByTrainAndEvaluateAndLeftAlone() throws {
        try withTemporaryFolder { folder in
            try PracticeShards().write(to: folder)
            let run = RunFolder(folder + "/run")
            try run.prepare()
            let state = TrainingState(
                seed: 1, settings: settings(), shards: "",
                statistics: SpectrogramStatistics(
                    mean: Array(repeating: 0, count: PracticeShards.bins),
                    deviation: Array(repeating: 1, count: PracticeShards.bins)),
                plateau: LearningRatePlateau(learningRate: 0.1))
            try TrainingCheckpoint(state: state, model: [:], optimizer: [:]).save(run.checkpoint(.last))
            let files = ["train-00001", "val-00000", "test-00000"].flatMap { [$0 + ".h5", $0 + ".pairs.h5"] }
            for file in files + [ShardIndex.fileName] {
                let path = URL(fileURLWithPath: "\(folder)/\(file)")
                let whole = try Data(contentsOf: path)
                for (name, change) in Self.changes where file != ShardIndex.fileName || name != "grown" {
                    var damaged = whole
                    change(&damaged)
                    try damaged.write(to: path)
                    var commands: [(String, () throws -> Void)] = []
                    if !file.hasPrefix("test") {
                        commands.append(
                            (
                                "train",
                                {
                                    _ = try Trainer(settings: settings(), seed: 1, shards: folder, run: "\(folder)/new")
                                        .run(cancellation: Cancellation()) { _ in }
                                }
                            ))
                    }
                    if !file.hasPrefix("train") {
                        commands.append(
                            ("evaluate", { _ = try Evaluator(run: run.path, shards: folder).evaluate() }))
                    }
                    for (command, body) in commands {
                        let error = try refusal(body)
                        #expect(
                            error?.description.contains("\(folder)/\(file)") == true && error?.exitStatus == .badInput
                                && error?.description.contains("\n") == false,
                            "\(command), \(file), \(name): \(error?.description ?? "no refusal")")
                    }
                    #expect(try Data(contentsOf: path) == damaged)
                }
                try whole.write(to: path)
            }
        }
    }
}
