import Testing

@testable import AVPrepAudit

/// A clean corpus fails an audit in at most one of a hundred: audits of rows with random labels.
@Suite struct FalseAlarmTests {
    /// Labels by row, by video, and of rows that show two videos. `avprep-bench audit` does more of them.
    @Test func auditsOfLabelsThatAreCoinsHardlyEverFail() throws {
        let audits = 50
        var failed = 0
        for audit in 0..<audits {
            let seed = UInt64(audit)
            let tests = [
                PlantedExamples(videos: 24, features: 3).examples(seed: seed),
                PlantedExamples(videos: 24, features: 3, cue: .noneByVideo).examples(seed: seed),
                PlantedExamples(videos: 24, features: 4).crossedExamples(seed: seed),
            ]
            let family = try tests.map { try $0.accuracy(seed: seed).chanceProbability }
            if HolmCorrection.adjusted(family).contains(where: { $0 < 0.01 }) { failed += 1 }
        }
        #expect(failed <= 1, "\(failed) of \(audits)")
    }
}
