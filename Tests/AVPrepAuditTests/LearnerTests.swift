import AVPrepCore
import Synchronization
import Testing

@testable import AVPrepAudit

@Suite struct LearnerTests {
    /// A difference of one deviation is told in Φ(1/2) = 69 % of the cases by whoever knows it.
    @Test func aLevelIsFoundAsOftenAsItCanBe() throws {
        let accuracy = try PlantedExamples(videos: 200, cue: .level(1)).examples(seed: 1).accuracy()
        #expect(abs(accuracy.accuracy - 0.69) < 0.04, "\(accuracy)")
        #expect(accuracy.chanceProbability < 1e-6)
    }

    @Test func whatNoLineDividesIsFoundToo() throws {
        for cue in [PlantedExamples.Cue.spread(3), .agreement(0.8)] {
            let accuracy = try PlantedExamples(videos: 200, cue: cue).examples(seed: 2).accuracy()
            #expect(accuracy.accuracy > 0.62 && accuracy.chanceProbability < 1e-6, "\(cue): \(accuracy)")
        }
    }

    @Test func rowsWithoutAnyCueAreToldByNoBetterThanChance() throws {
        let accuracies = try (0..<10).map { try PlantedExamples().examples(seed: $0).accuracy().accuracy }
        let mean = accuracies.reduce(0, +) / 10
        #expect(abs(mean - 0.5) < 0.02, "\(mean)")
    }

    /// A model that had seen a test row's video could tell its label, which is the same for all of the video's rows.
    @Test func noRowIsToldByAModelThatHasSeenItsVideo() throws {
        var planted = PlantedExamples(videos: 40, rowsPerVideo: 12, cue: .noneByVideo)
        planted.likeness = 0.98
        let accuracies = try (0..<5).map { try planted.examples(seed: $0).accuracy().accuracy }
        let mean = accuracies.reduce(0, +) / 5
        #expect(mean < 0.6, "\(mean)")
        let crossed = try (0..<5).map { try PlantedExamples().crossedExamples(seed: $0).accuracy().accuracy }
        #expect(abs(crossed.reduce(0, +) / 5 - 0.5) < 0.025, "\(crossed)")
    }

    @Test func theSameRowsGiveTheSameVerdictsHoweverManyAreAtWork() throws {
        let examples = PlantedExamples(cue: .level(0.5)).examples(seed: 5)
        let alone = try CrossFitting.logits(examples, seed: 3)
        let together = Mutex([Int: [Double]]())
        try WorkerPool.run(Array(0..<8), workers: 4) { number in
            let logits = try CrossFitting.logits(examples, seed: 3)
            together.withLock { $0[number] = logits }
        }
        for logits in together.withLock({ $0 }).values { #expect(logits == alone) }
    }

    /// Few rows, many features, one label seldom: nothing of it is an error.
    @Test func theSmallestSamplesAreLearnedFrom() throws {
        for rows in [10, 11, 30] {
            var random = SeededRandom(seed: UInt64(rows))
            var examples = Examples(featureCount: 70)
            for row in 0..<rows {
                let values = (0..<70).map { _ in Float(random.normal() * 1e6) }
                examples.append(values, label: row < 2, groups: .init(row, row))
            }
            let logits = try CrossFitting.logits(examples, seed: 1)
            #expect(logits.count == rows && logits.allSatisfy(\.isFinite))
        }
    }

    @Test func featuresThatNeverChangeTellNothing() throws {
        var examples = Examples(featureCount: 2)
        for row in 0..<100 { examples.append([7, .nan], label: row % 2 == 0, groups: .init(row / 4, row / 4)) }
        let accuracy = try examples.accuracy()
        #expect(accuracy.accuracy == 0.5 && accuracy.chanceProbability == 0.5, "\(accuracy)")
    }
}
