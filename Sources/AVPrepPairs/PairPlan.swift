/// What the negatives of one pair set are to be.
package struct PairPlan: Sendable, Equatable, Codable {
    /// The set's name under `/pairs/`.
    package var name: String
    /// Share of hard ones among the negatives.
    package var hardShare: Double
    /// Share of super-hard ones among the negatives. The rest are easy.
    package var superHardShare: Double

    /// - Throws: ``PairError`` when the shares are not shares.
    package init(name: String, hardShare: Double, superHardShare: Double = 0) throws {
        guard hardShare >= 0, superHardShare >= 0, hardShare + superHardShare <= 1 else {
            throw PairError(
                .settings,
                "pair set \(name): \(hardShare) hard and \(superHardShare) super-hard are not shares of the negatives; "
                    + "give numbers from 0 to 1 that add up to at most 1")
        }
        self.name = name
        self.hardShare = hardShare
        self.superHardShare = superHardShare
    }

    private init(unchecked name: String, hardShare: Double, superHardShare: Double = 0) {
        self.name = name
        self.hardShare = hardShare
        self.superHardShare = superHardShare
    }

    /// Easy negatives only: the first stage of the curriculum, and the paper's test.
    package static let easy = PairPlan(unchecked: "easy", hardShare: 0)

    /// Hard negatives only: the harder test.
    package static let hard = PairPlan(unchecked: "hard", hardShare: 1)

    /// The second stage of the curriculum: easy and hard negatives in the settings' proportion.
    package static func mixed(_ settings: PairSettings) -> PairPlan {
        PairPlan(unchecked: "mixed", hardShare: settings.hardRatio, superHardShare: settings.superHardRatio)
    }

    /// The three sets that every shard carries.
    package static func standard(_ settings: PairSettings) -> [PairPlan] { [.easy, .mixed(settings), .hard] }

    /// Shares of easy, hard and super-hard negatives; they add up to 1.
    var shares: [Double] { [max(0, 1 - hardShare - superHardShare), hardShare, superHardShare] }

    /// `count` in whole parts as near to the shares as whole numbers come (largest remainder; the earlier kind wins a
    /// tie). With two kinds each part is within one half of its share of `count`, with three within one.
    func apportion(_ count: Int) -> [Int] {
        let exact = shares.map { $0 * Double(count) }
        var parts = exact.map { Int($0.rounded(.down)) }
        let byRemainder = exact.indices.sorted {
            let left = exact[$0] - Double(parts[$0])
            let right = exact[$1] - Double(parts[$1])
            return left == right ? $0 < $1 : left > right
        }
        for index in byRemainder.prefix(max(0, count - parts.reduce(0, +))) { parts[index] += 1 }
        return parts
    }
}
