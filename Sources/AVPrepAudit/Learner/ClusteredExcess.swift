/// How much more often one probe was right than another one on the same rows, and whether that may be chance: the rows of a
/// video count together, as in ``ClusteredAccuracy``.
package struct ClusteredExcess: Sendable, Equatable {
    /// Difference of the two accuracies, -1...1.
    package let excess: Double
    /// The probability of such a difference, or a greater one, where both are right as often.
    package let chanceProbability: Double

    /// - Parameters:
    ///   - logits: log odds of the label by the one probe; 0 is no verdict.
    ///   - others: the same by the other.
    ///   - examples: rows of one video each, with both labels.
    ///   - effectiveVideos: see ``ClusteredAccuracy``.
    package init(logits: [Double], over others: [Double], of examples: Examples, effectiveVideos: Double) {
        precondition(logits.count == examples.count && others.count == examples.count, "verdicts on other rows")
        let counts = (negative: examples.labels.count { !$0 }, positive: examples.labels.count { $0 })
        precondition(counts.negative > 0 && counts.positive > 0, "nothing to tell apart")
        func right(_ logit: Double, _ label: Bool) -> Double {
            abs(logit) < 1e-9 ? 0.5 : (logit > 0) == label ? 1 : 0
        }
        // What each row adds to the difference: labels count the same, whatever their numbers.
        let parts = examples.labels.indices.map { row in
            let label = examples.labels[row]
            return (right(logits[row], label) - right(others[row], label))
                / Double(2 * (label ? counts.positive : counts.negative))
        }
        let excess = parts.reduce(0, +)
        var ofGroup: [Int: Double] = [:]
        for (row, part) in parts.enumerated() {
            // What a row would add if all rows added alike.
            let share = excess / Double(2 * (examples.labels[row] ? counts.positive : counts.negative))
            ofGroup[examples.groups[row].first, default: 0] += part - share
        }
        let correction = effectiveVideos / max(1, effectiveVideos - 1)
        let variance = ofGroup.sorted { $0.key < $1.key }.reduce(0) { $0 + $1.value * $1.value }
        // Where all videos agree, as sure as there are videos.
        let deviation = max(
            ClusteredAccuracy.foldEffect * correction * variance, 0.25 * abs(excess) / max(1, effectiveVideos)
        ).squareRoot()
        self.excess = excess
        chanceProbability =
            excess > 0
            ? StudentDistribution(degreesOfFreedom: max(1, effectiveVideos - 1)).upperTail(excess / deviation) : 1
    }
}
