import AVPrepCore
import AVPrepModel

extension ShardDataset {
    /// The pairs that validation measures: half of them in sync, drawn once for a run, in the order of the set so that the
    /// shards are read from front to back.
    ///
    /// - Parameter limit: so many at most; 0 for all.
    /// - Returns: nil for all.
    func validationPairs(limit: Int, seed: UInt64) -> [Int]? {
        guard limit > 0, limit < count else { return nil }
        var random = SeededRandom(seed: seed, for: "validation/\(set)")
        let labels = labels.joined()
        func drawn(_ label: UInt8, _ count: Int) -> [Int] {
            let own = labels.enumerated().filter { $0.element == label }.map(\.offset)
            return Array(random.shuffled(own).prefix(count))
        }
        return (drawn(1, (limit + 1) / 2) + drawn(0, limit / 2)).sorted()
    }
}
