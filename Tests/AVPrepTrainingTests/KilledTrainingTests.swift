import AVPrepCore
import Foundation
import ShardFixtures
import TestSupport
import Testing

@testable import AVPrepTorch
@testable import AVPrepTraining

/// A training that is killed at any moment, and gone on with: the bytes are those of one that was not. All moments with
/// `AVPREP_TRAINING_KILLS=all`, else those at which something changes.
@Suite(.serialized, .enabled(if: Products.hasEngine, "make engine builds it"))
struct KilledTrainingTests {
    /// What lies on disk when the process is killed at a moment.
    private struct Moment {
        let name: String
        let step: Int
        let rate: Double
        let epoch: Int
        let isValidating: Bool
    }

    /// Two stages with a rate that falls as soon as the loss does not: in the first one it is so small that the loss goes up
    /// and down with the crops.
    private static func settings() -> TrainSettings {
        var settings = TrainerTests.settings(epochs: [4, 2])
        settings.optimizer.schedule = .plateau
        settings.optimizer.plateauPatience = 0
        settings.optimizer.plateauFactor = 0.5
        settings.optimizer.learningRate = 1e-6
        settings.stages[1].learningRate = 0.1
        return settings
    }

    private func train(
        _ folder: String, run: String, settings: TrainSettings, progress: (TrainingProgress) -> Void = { _ in }
    ) throws {
        _ = try Trainer(settings: settings, seed: 5, shards: folder, run: "\(folder)/\(run)")
            .run(cancellation: Cancellation(), progress: progress)
    }

    private func bytes(_ folder: String, _ run: String, _ name: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(run)/\(name)"))
    }

    /// The lines of metrics.csv without the two columns that measure time.
    private func metrics(_ folder: String, _ run: String) throws -> [String] {
        String(decoding: try bytes(folder, run, "metrics.csv"), as: UTF8.self).split(separator: "\n").map { line in
            line.split(separator: ",", omittingEmptySubsequences: false).enumerated()
                .filter { ![6, 7].contains($0.offset) }.map { String($0.element) }.joined(separator: ",")
        }
    }

    /// - Parameter threads: checkpoints say with how many they were made.
    private func expectSame(_ folder: String, _ run: String, threads: Int) throws {
        let checkpoints = ["checkpoints/last.safetensors", "checkpoints/best.safetensors"]
        let isSame = threads == Self.settings().loaderThreads
        for file in ["video.safetensors", "audio.safetensors"] + (isSame ? checkpoints : []) {
            #expect(try bytes(folder, run, file) == bytes(folder, "whole", file), "\(run) \(file)")
        }
        #expect(try metrics(folder, run) == metrics(folder, "whole"), "\(run)")
    }

    /// Goes on with a copy of the run, with so many loader threads.
    private func resume(_ folder: String, _ moment: String, threads: Int, _ change: (String) throws -> Void = { _ in })
        throws
    {
        let run = "resumed-\(moment)-\(threads)"
        try FileManager.default.copyItem(atPath: "\(folder)/\(moment)", toPath: "\(folder)/\(run)")
        try change("\(folder)/\(run)")
        var settings = Self.settings()
        settings.loaderThreads = threads
        try train(folder, run: run, settings: settings)
        try expectSame(folder, run, threads: threads)
        try FileManager.default.removeItem(atPath: "\(folder)/\(run)")
    }

    @Test func killedAtAnyMomentTheBytesAreThoseOfOneThatWasNot() throws {
        try withTemporaryFolder { folder in
            try PracticeShards().write(to: folder)
            var moments: [Moment] = []
            try train(folder, run: "whole", settings: Self.settings()) { progress in
                let name = "moment-\(moments.count)"
                try? FileManager.default.copyItem(atPath: "\(folder)/whole", toPath: "\(folder)/\(name)")
                moments.append(
                    Moment(
                        name: name, step: progress.step, rate: progress.learningRate, epoch: progress.epoch,
                        isValidating: progress.isValidating))
            }
            let changes = moments.indices.dropFirst().filter { moments[$0].rate != moments[$0 - 1].rate }
            #expect(
                Set(changes.map { moments[$0].epoch }).count >= 2,
                "the rate falls within a stage, and changes with the stage: \(moments.map(\.rate))")
            var chosen = moments.indices.filter { _ in
                ProcessInfo.processInfo.environment["AVPREP_TRAINING_KILLS"] == "all"
            }
            if chosen.isEmpty {
                // Around each change of the rate or the stage, the first step, and one after a checkpoint.
                chosen = Set(changes.flatMap { [$0 - 1, $0] } + [0, 4, moments.count - 1]).sorted()
            }
            for index in chosen { try resume(folder, moments[index].name, threads: 1 + index % 3) }

            // Killed between the two checkpoints of an epoch's end: the lines and the best weights are there already.
            let ends = moments.indices.dropLast().filter { moments[$0].isValidating && !moments[$0 + 1].isValidating }
            let end = try #require(ends.first)
            let next = "\(folder)/\(moments[end + 1].name)"
            try resume(folder, moments[end].name, threads: 2) { run in
                for file in ["checkpoints/best.safetensors", "metrics.csv"] {
                    if FileManager.default.fileExists(atPath: "\(run)/\(file)") {
                        try FileManager.default.removeItem(atPath: "\(run)/\(file)")
                    }
                    try FileManager.default.copyItem(atPath: "\(next)/\(file)", toPath: "\(run)/\(file)")
                }
                // And in the middle of a line.
                let metrics = try FileHandle(forUpdating: URL(fileURLWithPath: "\(run)/metrics.csv"))
                try metrics.seekToEnd()
                try metrics.write(contentsOf: Data("9,train,ea".utf8))
                try metrics.close()
            }
        }
    }
}
