import Testing

@testable import AVPrepAudit

@Suite struct LearnerTests {
    /// A difference of one deviation is told in Φ(1/2) = 69 % of the cases by whoever knows it.
    @Test func aLevelIsFoundAsOftenAsItCanBe() {
        let accuracy = PlantedExamples(videos: 200, cue: .level(1)).examples(seed: 1).accuracy()
        #expect(abs(accuracy.accuracy - 0.69) < 0.04, "\(accuracy)")
        #expect(accuracy.chanceProbability < 1e-6)
    }

    @Test func whatNoLineDividesIsFoundToo() {
        for cue in [PlantedExamples.Cue.spread(3), .agreement(0.8)] {
            let accuracy = PlantedExamples(videos: 200, cue: cue).examples(seed: 2).accuracy()
            #expect(accuracy.accuracy > 0.62 && accuracy.chanceProbability < 1e-6, "\(cue): \(accuracy)")
        }
    }

    @Test func rowsWithoutAnyCueAreToldByNoBetterThanChance() {
        let accuracies = (0..<10).map { PlantedExamples().examples(seed: $0).accuracy().accuracy }
        let mean = accuracies.reduce(0, +) / 10
        #expect(abs(mean - 0.5) < 0.02, "\(mean)")
    }

    /// A model that had seen a test row's video could tell its label, which is the same for all of the video's rows.
    @Test func noRowIsToldByAModelThatHasSeenItsVideo() {
        var planted = PlantedExamples(videos: 40, rowsPerVideo: 12, cue: .noneByVideo)
        planted.likeness = 0.98
        let accuracies = (0..<5).map { planted.examples(seed: $0).accuracy().accuracy }
        let mean = accuracies.reduce(0, +) / 5
        #expect(mean < 0.6, "\(mean)")
        let crossed = (0..<5).map { PlantedExamples().crossedExamples(seed: $0).accuracy().accuracy }
        #expect(abs(crossed.reduce(0, +) / 5 - 0.5) < 0.025, "\(crossed)")
    }

    @Test func theSameRowsGiveTheSameVerdicts() {
        let examples = PlantedExamples(cue: .level(0.5)).examples(seed: 5)
        #expect(CrossFitting.logits(examples, seed: 3) == CrossFitting.logits(examples, seed: 3))
    }

    @Test func featuresThatNeverChangeTellNothing() {
        var examples = Examples(featureCount: 2)
        for row in 0..<100 { examples.append([7, .nan], label: row % 2 == 0, groups: .init(row / 4, row / 4)) }
        let accuracy = examples.accuracy()
        #expect(accuracy.accuracy == 0.5 && accuracy.chanceProbability == 0.5, "\(accuracy)")
    }
}
