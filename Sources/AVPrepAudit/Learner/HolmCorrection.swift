/// Many probes on many sets would find something by chance: Holm's rule keeps the probability of even one false finding,
/// over all tests of an audit, below the level asked for, however the tests depend on each other.
/// (Holm, "A simple sequentially rejective multiple test procedure", Scandinavian J. Statistics 6(2), 1979.)
package enum HolmCorrection {
    /// Probabilities to be held against the level of the whole family, in the order given.
    package static func adjusted(_ probabilities: [Double]) -> [Double] {
        var adjusted = probabilities
        var largest = 0.0
        for (rank, index) in probabilities.indices.sorted(by: { probabilities[$0] < probabilities[$1] }).enumerated() {
            largest = max(largest, min(1, probabilities[index] * Double(probabilities.count - rank)))
            adjusted[index] = largest
        }
        return adjusted
    }
}
