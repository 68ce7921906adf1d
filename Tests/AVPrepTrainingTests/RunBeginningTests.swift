import AVPrepCore
import AVPrepModel
import Foundation
import ShardFixtures
import TestSupport
import Testing

@testable import AVPrepTorch
@testable import AVPrepTraining

/// What a run tells and writes about itself.
@Suite(.serialized, .enabled(if: Products.hasEngine, "make engine builds it"))
struct RunBeginningTests {
    @Test func whatTheRunBeginsWithIsToldOnceBeforeTheFirstStepAndCanRefuseIt() throws {
        try withTemporaryFolder { folder in
            try PracticeShards().write(to: folder)
            let trainer = Trainer(
                settings: TrainerTests.settings(epochs: [1]), seed: 3, shards: folder, run: folder + "/run")
            #expect(throws: CocoaError.self) {
                _ = try trainer.run(
                    cancellation: Cancellation(), beginning: { _ in throw CocoaError(.fileWriteNoPermission) },
                    progress: { _ in Issue.record("a step was taken") })
            }
            let cancellation = Cancellation()
            var told: [RunBeginning] = []
            var steps = 0
            #expect(throws: CancellationError.self) {
                _ = try trainer.run(
                    cancellation: cancellation,
                    beginning: {
                        told.append($0)
                        #expect(steps == 0)
                    },
                    progress: {
                        steps = $0.step
                        if steps == 4 { cancellation.cancel(.interrupted) }
                    })
            }
            _ = try trainer.run(cancellation: Cancellation(), beginning: { told.append($0) }, progress: { _ in })
            _ = try trainer.run(cancellation: Cancellation(), beginning: { told.append($0) }, progress: { _ in })
            #expect(told.map(\.resumedAt) == [nil, 4])
            let shards = told[0].shards
            #expect(shards == told[1].shards)
            #expect(shards.indexSHA256 == (try SHA256.digest(ofFile: folder + "/index.json").hex))
            #expect(
                shards.contentKey
                    == (try TrainingCheckpoint.load(folder + "/run/checkpoints/last.safetensors").state.shards))
            #expect(shards.pairSets.map(\.name) == ["easy", "hard"])
            #expect(shards.pairSets.map(\.splits) == [["train", "val"], ["val"]])
            #expect(shards.pairSets[0].attributes["clip_seconds"]?.number == PracticeShards.clipSeconds)
        }
    }

    /// Thresholds are single-precision numbers: their text is theirs, not that of the nearest double.
    @Test func thresholdsInTheMetricsPrintAsTheEvaluationPrintsThem() throws {
        try withTemporaryFolder { folder in
            try PracticeShards().write(to: folder)
            _ = try Trainer(settings: TrainerTests.settings(epochs: [1]), seed: 3, shards: folder, run: folder + "/run")
                .run(cancellation: Cancellation(), progress: { _ in })
            let rows = try String(contentsOfFile: folder + "/run/metrics.csv", encoding: .utf8).split(separator: "\n")
                .map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
            let column = try #require(rows[0].firstIndex(of: "val_easy_threshold"))
            let text = try #require(rows.last { $0[1] == "epoch" })[column]
            #expect(Float(text).map { "\($0)" } == text)
        }
    }
}
