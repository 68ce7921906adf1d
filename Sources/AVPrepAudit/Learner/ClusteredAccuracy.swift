/// How often a probe was right, and what that says: pairs of one video are not independent, so the interval counts videos,
/// not pairs.
///
/// The accuracy is the mean of the two labels' own, so chance is one half whatever their numbers. Its variance is summed up
/// over videos; a row that shows two videos counts with both (Cameron, Gelbach & Miller, "Robust inference with multiway
/// clustering", J. Business & Economic Statistics 29(2), 2011). From it comes the number of independent rows that would give
/// as much certainty, with which interval and test are made (Wilson's, with Student's quantiles for the number of videos).
///
/// That number is halved, because the rows of two folds tell each other: fold A is told by what was learned from B, and B by
/// what was learned from A. What both have in common by chance counts twice, so where there is nothing to learn the variance
/// of the accuracy is up to twice that of as many independent verdicts, whatever the number of folds. (With Σ sⱼ·sₖ over
/// folds j ≠ k, every product stands there twice.)
package struct ClusteredAccuracy: Sendable, Equatable {
    /// Mean of the two labels' accuracies, in [0, 1]. A row without any verdict counts as half right.
    package let accuracy: Double
    /// Independent rows that would be as certain.
    package let effectiveRows: Double
    /// Videos of the label that has fewer of them; fewer again where some have most of the rows.
    package let effectiveVideos: Double
    /// The probability of such an accuracy, or a better one, by chance.
    package let chanceProbability: Double

    /// Below this many videos nothing is said.
    package static let fewestVideos = 8.0
    /// However evenly right and wrong fall within each video, rows count at most four times.
    private static let smallestDesignEffect = 0.25
    /// How often the folds' common luck counts.
    static let foldEffect = 2.0

    /// - Parameters:
    ///   - logits: log odds of the label; 0 is no verdict.
    ///   - examples: with both labels, as many rows as there are logits.
    package init(logits: [Double], of examples: Examples) {
        precondition(logits.count == examples.count, "\(logits.count) verdicts on \(examples.count) rows")
        let positives = Double(examples.labels.count { $0 })
        let negatives = Double(examples.count) - positives
        precondition(positives > 0 && negatives > 0, "nothing to tell apart")
        let right = zip(logits, examples.labels).map { logit, label in
            abs(logit) < 1e-9 ? 0.5 : (logit > 0) == label ? 1.0 : 0
        }
        var shares = (negative: 0.0, positive: 0.0)
        for (value, label) in zip(right, examples.labels) {
            if label { shares.positive += value } else { shares.negative += value }
        }
        shares = (shares.negative / negatives, shares.positive / positives)
        accuracy = (shares.negative + shares.positive) / 2

        var independent = 0.0
        var ofGroup: [Int: Double] = [:]
        var ofCouple: [Examples.GroupPair: Double] = [:]
        var rowsOfGroup: [Bool: [Int: Double]] = [:]
        for (row, pair) in examples.groups.enumerated() {
            let label = examples.labels[row]
            let deviation =
                (right[row] - (label ? shares.positive : shares.negative)) / (2 * (label ? positives : negatives))
            independent += deviation * deviation
            ofGroup[pair.first, default: 0] += deviation
            rowsOfGroup[label, default: [:]][pair.first, default: 0] += 1
            if !pair.isSingle {
                ofGroup[pair.second, default: 0] += deviation
                rowsOfGroup[label, default: [:]][pair.second, default: 0] += 1
                ofCouple[pair, default: 0] += deviation
            }
        }
        effectiveVideos = rowsOfGroup.values.map(Self.effectiveNumber).min() ?? 1
        let rows = 4 * positives * negatives / (positives + negatives)
        if independent > 0 {
            let within = ofGroup.sorted { $0.key < $1.key }.reduce(0) { $0 + $1.value * $1.value }
            let twice = ofCouple.map { $0.value * $0.value }.sorted().reduce(0, +)
            let correction = effectiveVideos / max(1, effectiveVideos - 1)
            let effect = max(Self.smallestDesignEffect, correction * (within - twice) / independent)
            effectiveRows = rows / effect / Self.foldEffect
        } else if right.first == 0.5 {
            // No verdict at all, because there was nothing to learn: at chance for certain.
            effectiveRows = rows / Self.smallestDesignEffect / Self.foldEffect
        } else {
            // Always right, or always wrong: as sure as there are videos.
            effectiveRows =
                Self.effectiveNumber(rowsOfGroup.values.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) })
                / Self.foldEffect
        }
        chanceProbability = Self.distribution(effectiveVideos).upperTail(
            (accuracy - 0.5) / (0.5 / effectiveRows.squareRoot()))
    }

    /// How many groups of one size have as much weight as these.
    private static func effectiveNumber(_ rows: [Int: Double]) -> Double {
        // In one order, or the sums' last digits would differ from run to run.
        let sizes = rows.sorted { $0.key < $1.key }.map(\.value)
        let total = sizes.reduce(0, +)
        return total * total / sizes.reduce(0) { $0 + $1 * $1 }
    }

    /// The interval that holds the true accuracy with this confidence, in (0, 1).
    package func interval(confidence: Double) -> ClosedRange<Double> {
        let quantile = Self.distribution(effectiveVideos).quantile(upperTail: (1 - confidence) / 2)
        let square = quantile * quantile / effectiveRows
        let reach = (square * accuracy * (1 - accuracy) + square * square / 4).squareRoot()
        // In this order an accuracy of 1 has an upper end of 1, and one of 0 a lower end of 0, to the last digit.
        func end(_ half: Double) -> Double { (accuracy + half) / (1 + square) }
        return max(0, end(square / 2 - reach))...min(1, end(square / 2 + reach))
    }

    /// The smallest excess over chance that would be found, four times out of five, by a test at `level`.
    package func detectableExcess(level: Double) -> Double {
        let distribution = Self.distribution(effectiveVideos)
        let reach = distribution.quantile(upperTail: level) + distribution.quantile(upperTail: 0.2)
        return min(0.5, reach * 0.5 / effectiveRows.squareRoot())
    }

    private static func distribution(_ videos: Double) -> StudentDistribution {
        StudentDistribution(degreesOfFreedom: max(1, videos - 1))
    }
}
