import AVPrepCore
import Foundation
import TestSupport
import Testing

@testable import AVPrepAudit

@Suite struct ClusteredAccuracyTests {
    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
    func studentsTailsAndQuantilesAreSciPys() throws {
        let degrees = [1.0, 2.5, 7, 30, 400]
        let points = [-2.0, 0, 0.5, 3, 12]
        let tails = [0.4, 0.025, 1e-4, 1e-7]
        let script = """
            import scipy.stats as s
            print(*[repr(float(s.t.sf(t, d))) for d in \(degrees) for t in \(points)])
            print(*[repr(float(s.t.isf(p, d))) for d in \(degrees) for p in \(tails)])
            """
        let lines = try Oracle.run(script).split(separator: "\n").map { line in
            line.split(separator: " ").compactMap { Double($0) }
        }
        let ours = degrees.flatMap { d in points.map { StudentDistribution(degreesOfFreedom: d).upperTail($0) } }
        for (own, other) in zip(ours, lines[0]) { #expect(abs(own - other) <= 1e-12 * other, "\(own) \(other)") }
        let quantiles = degrees.flatMap { d in
            tails.map { StudentDistribution(degreesOfFreedom: d).quantile(upperTail: $0) }
        }
        #expect(lines[0].count == ours.count && lines[1].count == quantiles.count)
        for (own, other) in zip(quantiles, lines[1]) { #expect(abs(own - other) <= 1e-12 * other, "\(own) \(other)") }
    }

    /// Rows of one video that are right or wrong together count as one; rows each of a video of its own count each. (By half,
    /// for the folds.)
    @Test func rowsOfOneVideoThatGoTogetherCountOnce() {
        var random = SeededRandom(seed: 1)
        var together = Examples(featureCount: 1)
        var apart = Examples(featureCount: 1)
        var logits: [Double] = []
        for video in 0..<100 {
            let logit = random.unit() < 0.5 ? 1.0 : -1
            for row in 0..<10 {
                let label = video % 2 == 0
                together.append([0], label: label, groups: .init(video, video))
                apart.append([0], label: label, groups: .init(video * 10 + row, video * 10 + row))
                logits.append(logit)
            }
        }
        let clustered = ClusteredAccuracy(logits: logits, of: together)
        let plain = ClusteredAccuracy(logits: logits, of: apart)
        #expect(clustered.accuracy == plain.accuracy)
        #expect(abs(clustered.effectiveRows - 50) < 4, "\(clustered)")
        #expect(abs(plain.effectiveRows - 500) < 8, "\(plain)")
    }

    /// A probe that sees only what both labels share is right once for each time that it is wrong: certain, not lucky.
    @Test func whatIsRightAndWrongInTurnIsAtChanceForCertain() {
        var examples = Examples(featureCount: 1)
        for row in 0..<400 { examples.append([0], label: row % 2 == 0, groups: .init(row / 8, row / 8)) }
        let accuracy = ClusteredAccuracy(logits: (0..<400).map { $0 / 2 % 2 == 0 ? 1 : -1 }, of: examples)
        #expect(accuracy.accuracy == 0.5 && accuracy.effectiveRows > 700, "\(accuracy)")
    }

    @Test func alwaysRightIsAsSureAsThereAreVideos() {
        var examples = Examples(featureCount: 1)
        for row in 0..<200 { examples.append([0], label: row % 2 == 0, groups: .init(row / 10, row / 10)) }
        let accuracy = ClusteredAccuracy(logits: examples.labels.map { $0 ? 2 : -2 }, of: examples)
        #expect(accuracy.accuracy == 1 && abs(accuracy.effectiveRows - 10) < 1e-9)
        #expect(accuracy.interval(confidence: 0.95).lowerBound > 0.65)
        #expect(accuracy.interval(confidence: 0.95).upperBound == 1)
    }

    /// Of an audit's intervals, 95 % hold the truth, and more where verdicts do not come from folds, as here.
    @Test func intervalsHoldTheTruthAtLeastAsOftenAsTheySay() {
        var covered = 0
        for seed in 0..<400 {
            var random = SeededRandom(seed: UInt64(seed), for: "coverage")
            var examples = Examples(featureCount: 1)
            var logits: [Double] = []
            for video in 0..<40 {
                // The rows of a video are right with a probability of its own, 0.6 on average.
                let skill = 0.6 + 0.35 * (random.unit() < 0.5 ? 1 : -1)
                for row in 0..<8 {
                    let label = row % 2 == 0
                    examples.append([0], label: label, groups: .init(video, video))
                    logits.append((random.unit() < skill) == label ? 1 : -1)
                }
            }
            let interval = ClusteredAccuracy(logits: logits, of: examples).interval(confidence: 0.95)
            if interval.contains(0.6) { covered += 1 }
        }
        #expect(covered >= 380, "\(covered) of 400")
    }

    @Test func holmsRuleIsThePublishedOne() {
        let adjusted = HolmCorrection.adjusted([0.01, 0.04, 0.03, 0.005])
        for (own, published) in zip(adjusted, [0.03, 0.06, 0.06, 0.02]) { #expect(abs(own - published) < 1e-12) }
    }
}
