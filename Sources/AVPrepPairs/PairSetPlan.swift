package import AVPrepCore
import AVPrepModel

/// The name of a pair set and the fractions of the kinds among its negatives: the part of a ``PairSetDefinition`` that
/// the settings do not determine.
package struct PairSetPlan: Sendable, Equatable, Codable {
    /// The set's name under `/pairs/`: lower-case letters, digits and `_`, starting with a letter.
    package var name: String
    package var shares: Shares

    /// Fractions of the kinds among the negatives. They add up to 1.
    package struct Shares: Sendable, Equatable, StoredRecord {
        package let easy: Double
        package let hard: Double
        package let superHard: Double
        /// Clips played backwards, the negatives of the arrow of time: 0 or 1.
        package let reversed: Double

        package static var laterKeys: [String: LaterKey] { ["reversed": .written(absent: 0.0)] }

        /// Easy negatives only: the first stage of the AVTS curriculum, and the test of the AVTS paper.
        package static let easy = mixture(hard: 0)
        /// Clips played forwards against the same clips played backwards.
        package static let reversed = Shares(easy: 0, hard: 0, superHard: 0, reversed: 1)

        /// The given fractions of hard and super-hard negatives; the rest are easy ones.
        package static func mixture(hard: Double, superHard: Double = 0) -> Shares {
            Shares(easy: max(0, 1 - hard - superHard), hard: hard, superHard: superHard, reversed: 0)
        }

        /// In the order in which the kinds are drawn.
        var inOrder: [Double] { [easy, hard, superHard, reversed] }
    }

    /// - Throws: ``PairError`` when the name is invalid, or the fractions are not between 0 and 1.
    package init(name: String, _ shares: Shares) throws {
        guard StoredName.isName(name) else {
            throw PairError(.settings, "\"\(name)\" is not a valid name of a pair set; use \(StoredName.rule)")
        }
        guard shares.inOrder.allSatisfy({ $0 >= 0 }), abs(shares.inOrder.reduce(0, +) - 1) < 1e-9 else {
            throw PairError(
                .settings,
                "pair set \(name): \(shares.hard) hard and \(shares.superHard) super-hard are not valid fractions of the "
                    + "negatives; give numbers from 0 to 1 that add up to at most 1")
        }
        self.name = name
        self.shares = shares
    }

    /// `count` divided into whole numbers as near to the fractions as possible (largest remainder; ties go to the
    /// earlier kind). With two kinds each part is within one half of its fraction of `count`, with three within one.
    func apportion(_ count: Int) -> [Int] {
        let exact = shares.inOrder.map { $0 * Double(count) }
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
