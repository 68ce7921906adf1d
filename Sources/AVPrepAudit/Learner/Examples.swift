/// What one probe has to tell apart: rows of features with a label each, and the videos that a row has to do with.
package struct Examples: Sendable {
    /// `[row, feature]`; finite.
    package private(set) var features: [Float] = []
    package let featureCount: Int
    package private(set) var labels: [Bool] = []
    /// The videos (groups of near-duplicates) whose content a row shows: two where picture and sound are seen and are of
    /// different ones, else the same number twice.
    package private(set) var groups: [GroupPair] = []

    package struct GroupPair: Sendable, Hashable {
        package let first: Int
        package let second: Int

        /// In either order the same.
        package init(_ one: Int, _ other: Int) {
            first = min(one, other)
            second = max(one, other)
        }

        var isSingle: Bool { first == second }
    }

    package init(featureCount: Int) {
        precondition(featureCount > 0, "a probe that sees nothing")
        self.featureCount = featureCount
    }

    package var count: Int { labels.count }

    /// Adds a row. Features that are no numbers count as 0.
    package mutating func append(_ row: [Float], label: Bool, groups pair: GroupPair) {
        precondition(row.count == featureCount, "a row of \(row.count) features, not \(featureCount)")
        for value in row { features.append(value.isFinite ? value : 0) }
        labels.append(label)
        groups.append(pair)
    }

    /// Some of the rows.
    func rows(_ indices: [Int]) -> Examples {
        var some = Examples(featureCount: featureCount)
        some.features.reserveCapacity(indices.count * featureCount)
        for index in indices {
            some.features += features[index * featureCount..<(index + 1) * featureCount]
            some.labels.append(labels[index])
            some.groups.append(groups[index])
        }
        return some
    }

    /// Sample weights that make both labels count the same and add up to the number of rows; nil when a label is missing.
    var balancedWeights: [Double]? {
        let positives = labels.count { $0 }
        guard positives > 0, positives < count else { return nil }
        let weights = (Double(count) / Double(2 * (count - positives)), Double(count) / Double(2 * positives))
        return labels.map { $0 ? weights.1 : weights.0 }
    }
}
