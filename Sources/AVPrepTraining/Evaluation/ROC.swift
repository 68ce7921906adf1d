/// How well a score tells pairs in sync from pairs out of sync: the decision is `score < threshold` → in sync, or
/// `score > threshold` for scores that rise with it.
struct ROC: Sendable {
    /// 1 for scores that fall with being in sync, -1 for those that rise. Times this, all scores are like distances.
    private let sign: Float
    /// Distances, ascending, each with how many pairs in sync and out of sync lie exactly there.
    private let groups: [(distance: Float, inSync: Int, outOfSync: Int)]
    /// Pairs in sync.
    let inSyncCount: Int
    /// Pairs out of sync.
    let outOfSyncCount: Int

    /// - Parameters:
    ///   - scores: one number a pair, finite. A score that is not a number counts as out of sync at every threshold.
    ///   - labels: 1 in sync, 0 out of sync; as many.
    ///   - inSync: on which side of a threshold pairs count as in sync.
    /// - Complexity: O(*n* log *n*).
    init(scores: [Float], labels: [UInt8], inSync order: PairScore.Order = .below) {
        precondition(scores.count == labels.count, "a score without a label")
        let sign: Float = order == .below ? 1 : -1
        self.sign = sign
        var groups: [(distance: Float, inSync: Int, outOfSync: Int)] = []
        let numbers = scores.map { $0.isNaN ? .infinity : sign * $0 }
        for index in numbers.indices.sorted(by: { numbers[$0] < numbers[$1] }) {
            if groups.last?.distance != numbers[index] { groups.append((numbers[index], 0, 0)) }
            if labels[index] == 1 {
                groups[groups.count - 1].inSync += 1
            } else {
                groups[groups.count - 1].outOfSync += 1
            }
        }
        self.groups = groups
        inSyncCount = groups.reduce(0) { $0 + $1.inSync }
        outOfSyncCount = groups.reduce(0) { $0 + $1.outOfSync }
    }

    /// Area under the curve: the chance that a pair in sync scores nearer than one out of sync, ties counting half
    /// (the Mann-Whitney statistic). Nil when one of the two kinds is missing.
    var areaUnderCurve: Double? {
        guard inSyncCount > 0, outOfSyncCount > 0 else { return nil }
        var farther = outOfSyncCount
        var halfWins = 0
        for group in groups {
            farther -= group.outOfSync
            halfWins += group.inSync * (2 * farther + group.outOfSync)
        }
        return Double(halfWins) / (2 * Double(inSyncCount) * Double(outOfSyncCount))
    }

    /// Pairs that the decision at `threshold` gets right.
    func correctCount(at threshold: Float) -> Int {
        groups.reduce(0) { $0 + ($1.distance < sign * threshold ? $1.inSync : $1.outOfSync) }
    }

    /// Share of pairs that the decision at `threshold` gets right. Nil without pairs.
    func accuracy(at threshold: Float) -> Double? {
        let count = inSyncCount + outOfSyncCount
        return count == 0 ? nil : Double(correctCount(at: threshold)) / Double(count)
    }

    /// The threshold that decides most pairs right.
    ///
    /// Candidates lie halfway between neighbouring scores, and beyond the outermost. Of several that are equally good, the
    /// middle one is taken (of two middles the one that calls fewer pairs in sync): least likely to sit beside a cliff.
    /// Nil without pairs of a finite score.
    var bestThreshold: Float? {
        let finite = groups.filter { $0.distance.isFinite }
        guard let nearest = finite.first, let farthest = finite.last else { return nil }
        var candidates = [nearest.distance.nextDown]
        for (lower, upper) in zip(finite, finite.dropFirst()) {
            let middle = lower.distance + (upper.distance - lower.distance) / 2
            // Between neighbouring floats there is no middle: the upper one itself separates them.
            candidates.append(middle > lower.distance ? middle : upper.distance)
        }
        candidates.append(farthest.distance.nextUp)
        var correct = outOfSyncCount
        var bestCount = correct
        var best = [candidates[0]]
        for (group, candidate) in zip(finite, candidates.dropFirst()) {
            correct += group.inSync - group.outOfSync
            if correct > bestCount {
                bestCount = correct
                best = [candidate]
            } else if correct == bestCount {
                best.append(candidate)
            }
        }
        return sign * best[(best.count - 1) / 2]
    }
}

/// A share of successes with the interval that its number of trials allows.
package struct Proportion: Sendable, Codable, Equatable {
    package var successes: Int
    package var trials: Int

    package init(successes: Int, trials: Int) {
        precondition(successes >= 0 && successes <= trials, "\(successes) of \(trials)")
        self.successes = successes
        self.trials = trials
    }

    /// The share; 0 without trials.
    package var value: Double { trials == 0 ? 0 : Double(successes) / Double(trials) }

    /// Wilson's score interval at 95 % (Wilson 1927, doi:10.1080/01621459.1927.10502953), within [0, 1].
    package var interval: ClosedRange<Double> {
        guard trials > 0 else { return 0...1 }
        let z = 1.959_963_984_540_054  // 97.5 % quantile of the normal distribution
        let count = Double(trials)
        let middle = (value + z * z / (2 * count)) / (1 + z * z / count)
        let half = z / (1 + z * z / count) * (value * (1 - value) / count + z * z / (4 * count * count)).squareRoot()
        return max(0, middle - half)...min(1, middle + half)
    }
}
