import AVPrepCore

/// Intervals of what is measured on pairs, by drawing videos with replacement (Efron & Tibshirani 1993, the percentile
/// interval): pairs of one video are not independent of each other, and an interval that counts them as if they were is
/// too narrow.
struct VideoBootstrap {
    static let resamples = 1000

    /// Pairs by video: the video of each pair's picture.
    private let members: [[Int]]
    private let seed: UInt64

    /// - Parameter videos: one a pair.
    init(videos: [String], seed: UInt64) {
        var members: [String: [Int]] = [:]
        for (index, video) in videos.enumerated() { members[video, default: []].append(index) }
        self.members = members.sorted { $0.key < $1.key }.map(\.value)
        self.seed = seed
    }

    /// Number of videos.
    var count: Int { members.count }

    /// The 95 % interval of a statistic.
    ///
    /// - Parameter statistic: of so many occurrences of each pair; nil where it has no value.
    /// - Returns: lower and upper end; nil with fewer than two videos, or where the statistic often has no value.
    func interval(pairs: Int, _ statistic: (_ weights: [Int]) -> Double?) -> [Double]? {
        guard members.count > 1 else { return nil }
        var random = SeededRandom(seed: seed, for: "bootstrap")
        var values: [Double] = []
        for _ in 0..<Self.resamples {
            var weights = [Int](repeating: 0, count: pairs)
            for _ in members.indices {
                for pair in members[random.below(members.count)] { weights[pair] += 1 }
            }
            if let value = statistic(weights) { values.append(value) }
        }
        guard values.count > Self.resamples / 2 else { return nil }
        values.sort()
        func quantile(_ share: Double) -> Double {
            let place = share * Double(values.count - 1)
            let low = Int(place)
            let high = min(low + 1, values.count - 1)
            return values[low] + (values[high] - values[low]) * (place - Double(low))
        }
        return [quantile(0.025), quantile(0.975)]
    }
}

extension PairScores {
    /// The 95 % interval of the share that a threshold decides right.
    func accuracyInterval(at threshold: Float, _ bootstrap: VideoBootstrap) -> [Double]? {
        let isRight = zip(scores, labels).map { score, label in (order.isInSync(score, threshold) ? 1 : 0) == label }
        return bootstrap.interval(pairs: scores.count) { weights in
            let total = weights.reduce(0, +)
            let right = zip(weights, isRight).reduce(0) { $0 + ($1.1 ? $1.0 : 0) }
            return total == 0 ? nil : Double(right) / Double(total)
        }
    }

    /// The 95 % interval of the area under the ROC curve.
    func areaInterval(_ bootstrap: VideoBootstrap) -> [Double]? {
        let area = weightedArea
        return bootstrap.interval(pairs: scores.count) { area($0) }
    }

    /// The area under the ROC curve where each pair occurs so often; nil where one kind is missing.
    func area(weights: [Int]) -> Double? { weightedArea(weights) }

    /// The same as a function that sorts once.
    private var weightedArea: ([Int]) -> Double? {
        let distances = scores.map { $0.isNaN ? .infinity : order == .below ? $0 : -$0 }
        let sorted = distances.indices.sorted { distances[$0] < distances[$1] }
        let labels = labels
        return { weights in
            var (inSync, outOfSync) = (0, 0)
            for index in distances.indices {
                if labels[index] == 1 { inSync += weights[index] } else { outOfSync += weights[index] }
            }
            guard inSync > 0, outOfSync > 0 else { return nil }
            var (farther, halfWins, place) = (outOfSync, 0, 0)
            while place < sorted.count {
                // Ties count half.
                var end = place
                var (own, other) = (0, 0)
                while end < sorted.count, distances[sorted[end]] == distances[sorted[place]] {
                    if labels[sorted[end]] == 1 { own += weights[sorted[end]] } else { other += weights[sorted[end]] }
                    end += 1
                }
                farther -= other
                halfWins += own * (2 * farther + other)
                place = end
            }
            return Double(halfWins) / (2 * Double(inSync) * Double(outOfSync))
        }
    }
}

extension PairScore.Order {
    /// Whether a score means that a pair is in sync.
    fileprivate func isInSync(_ score: Float, _ threshold: Float) -> Bool {
        switch self {
        case .below: score < threshold
        case .above: score > threshold
        }
    }
}
