import AVPrepPipeline
import AVPrepSettings
import AVPrepTraining
import Foundation
import TestSupport
import Testing

/// What a refresh makes of a network when the corpus grows.
@Suite(.serialized, .enabled(if: Products.hasEngine, "make engine builds it"))
struct RefreshTrainingTests {
    private func corpus(_ folder: String, _ training: RefreshSettings.Training) throws -> SmallCorpus {
        var corpus = try SmallCorpus(folder)
        corpus.settings.refresh.train = training
        corpus.setUpTraining()
        try corpus.addSyntheticVideos(14)
        try corpus.move(6..<9, to: "later")
        return corpus
    }

    private func refresh(_ corpus: SmallCorpus) throws -> RefreshReport {
        let report = try RefreshStage.run(corpus.workspace, corpus.context)
        #expect(report.stop == nil, "\(report.text)")
        return report
    }

    @Test func aRunGoesOnWithTheShardsThatGrewAndIsEvaluated() throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(folder, .goOn)
            let first = try refresh(corpus)
            #expect(first.train?.steps == 4 && first.evaluate != nil)
            // Nothing new: nothing is trained, and nothing is evaluated twice.
            let second = try refresh(corpus)
            #expect(second.train?.wasFinished == true && second.evaluate == nil)

            try corpus.move(6..<9, from: "later", to: "videos")
            let third = try refresh(corpus)
            #expect(third.train?.steps == 6 && third.train?.run == first.train?.run && third.evaluate != nil)
            // The run says from which step on it learnt from which shards.
            let record = try #require(try RunRecord.load("\(folder)/runs/avts"))
            let change = try #require(record.resumed.last)
            #expect(change.step == 4 && change.changes.contains { $0.key == "shards.index_sha256" })
        }
    }

    @Test func aRunOfItsOwnForEveryStateOfTheShards() throws {
        try withTemporaryFolder { folder in
            let corpus = try corpus(folder, .anew)
            let first = try refresh(corpus)
            #expect(try refresh(corpus).train?.run == first.train?.run)
            try corpus.move(6..<9, from: "later", to: "videos")
            let grown = try refresh(corpus)
            #expect(grown.train?.run != first.train?.run && grown.train?.wasFinished == false)
            let runs = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/runs")
            #expect(runs.count == 2 && runs.allSatisfy { $0.hasPrefix("avts-") })
        }
    }
}
