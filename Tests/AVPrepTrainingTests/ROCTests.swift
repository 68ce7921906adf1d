import AVPrepCore
import TestSupport
import Testing

@testable import AVPrepTraining

@Suite struct ROCTests {
    /// Distances on a coarse grid, so that many tie, and labels that lean on them.
    private func sample(_ count: Int, levels: Int, seed: UInt64) -> (distances: [Float], labels: [UInt8]) {
        var random = SeededRandom(seed: seed)
        let distances = (0..<count).map { _ in Float(random.below(levels)) / 8 }
        let labels = distances.map { UInt8(random.unit() < (Double($0) < Double(levels) / 16 ? 0.8 : 0.3) ? 1 : 0) }
        return (distances, labels)
    }

    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"), arguments: [2, 7, 1000])
    func areaAndAccuracyAgreeWithNumpy(levels: Int) throws {
        let (distances, labels) = sample(400, levels: levels, seed: 5)
        struct Reference: Decodable {
            let area: Double
            let best: Double
            let accuracies: [Double]
        }
        let reference = try Oracle.json(
            Reference.self,
            """
            import json, sys, numpy as np
            d = np.array(json.loads(sys.argv[1]), np.float64); y = np.array(json.loads(sys.argv[2]))
            pos, neg = d[y == 1], d[y == 0]
            area = ((pos[:, None] < neg).sum() + 0.5 * (pos[:, None] == neg).sum()) / (len(pos) * len(neg))
            cuts = np.concatenate([np.unique(d), [np.inf]])
            accuracies = [float(np.mean((d < t) == (y == 1))) for t in cuts]
            print(json.dumps({"area": float(area), "best": max(accuracies), "accuracies": accuracies[:-1]}))
            """, ["\(distances)", "\(labels)"])
        let roc = ROC(scores: distances, labels: labels)
        #expect(abs(try #require(roc.areaUnderCurve) - reference.area) < 1e-12)
        let best = try #require(roc.bestThreshold)
        #expect(abs(try #require(roc.accuracy(at: best)) - reference.best) < 1e-12)
        for (threshold, accuracy) in zip(Set(distances).sorted(), reference.accuracies) {
            #expect(abs(try #require(roc.accuracy(at: threshold)) - accuracy) < 1e-12)
        }
    }

    @Test func orderOfPairsDoesNotMatter() {
        let (distances, labels) = sample(200, levels: 20, seed: 1)
        let one = ROC(scores: distances, labels: labels)
        let other = ROC(scores: distances.reversed(), labels: labels.reversed())
        #expect(one.bestThreshold == other.bestThreshold)
        #expect(one.areaUnderCurve == other.areaUnderCurve)
    }

    @Test func ofEquallyGoodThresholdsTheMiddleOneIsTaken() {
        // In sync at 0 and 2, out of sync at 1 and 3: the cuts at 0.5 and at 2.5 both get 3 of 4 right.
        let roc = ROC(scores: [0, 1, 2, 3], labels: [1, 0, 1, 0])
        #expect(roc.bestThreshold == 0.5)
        #expect(roc.accuracy(at: 0.5) == 0.75)
        // All of one kind: everything is out of sync below the nearest, and that is right.
        #expect(ROC(scores: [1, 1, 2], labels: [0, 0, 0]).accuracy(at: 1) == 1)
        #expect(ROC(scores: [1, 2], labels: [1, 1]).bestThreshold == Float(2).nextUp)
    }

    /// Probabilities of being in sync instead of distances: the same pairs on the same sides, the threshold mirrored.
    @Test func scoresThatRiseWithSyncAreJudgedAsDistancesThatFall() throws {
        let (distances, labels) = sample(300, levels: 40, seed: 9)
        let falling = ROC(scores: distances, labels: labels)
        let rising = ROC(scores: distances.map { 7 - $0 }, labels: labels, inSync: .above)
        #expect(rising.areaUnderCurve == falling.areaUnderCurve)
        let threshold = try #require(rising.bestThreshold)
        #expect(threshold == 7 - (try #require(falling.bestThreshold)))
        #expect(rising.correctCount(at: threshold) == falling.correctCount(at: 7 - threshold))
        // The wrong way round, the same scores tell nothing but the opposite.
        let mistaken = ROC(scores: distances.map { 7 - $0 }, labels: labels)
        #expect(abs((mistaken.areaUnderCurve ?? 0) + (falling.areaUnderCurve ?? 0) - 1) < 1e-12)
        #expect(ROC(scores: [.nan, 1], labels: [1, 1], inSync: .above).accuracy(at: -5) == 0.5)
    }

    @Test func whatCannotBeMeasuredIsNil() {
        #expect(ROC(scores: [], labels: []).areaUnderCurve == nil)
        #expect(ROC(scores: [], labels: []).bestThreshold == nil)
        #expect(ROC(scores: [1], labels: [1]).areaUnderCurve == nil)
        #expect(ROC(scores: [.nan], labels: [1]).bestThreshold == nil)
        // A distance that is not a number is out of sync, never in.
        #expect(ROC(scores: [.nan, 1], labels: [1, 1]).accuracy(at: 5) == 0.5)
    }

    /// Wilson's interval of 8 of 10 as in Brown, Cai, DasGupta 2001 and statsmodels' `proportion_confint`.
    @Test func wilsonIntervalHasThePublishedValues() {
        let interval = Proportion(successes: 8, trials: 10).interval
        #expect(abs(interval.lowerBound - 0.490_162_5) < 1e-6)
        #expect(abs(interval.upperBound - 0.943_317_8) < 1e-6)
        #expect(Proportion(successes: 0, trials: 0).interval == 0...1)
        #expect(abs(Proportion(successes: 10, trials: 10).interval.upperBound - 1) < 1e-12)
    }
}
