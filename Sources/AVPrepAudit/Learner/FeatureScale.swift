/// Brings features to mean 0 and deviation 1 by what was seen in training; values far out are pulled in, so that one odd
/// clip cannot turn a model.
struct FeatureScale: Sendable {
    private let means: [Float]
    /// 0 for a feature that never changes: it becomes 0.
    private let factors: [Float]

    private static let limit: Float = 4

    init(_ examples: Examples) {
        let width = examples.featureCount
        var sums = [Double](repeating: 0, count: width)
        var squares = sums
        for row in 0..<examples.count {
            for column in 0..<width {
                let value = Double(examples.features[row * width + column])
                sums[column] += value
                squares[column] += value * value
            }
        }
        let count = Double(max(1, examples.count))
        means = sums.map { Float($0 / count) }
        factors = zip(sums, squares).map { sum, square in
            let mean = sum / count
            let variance = square / count - mean * mean
            // Below this it is rounding.
            return variance > 1e-9 * max(1e-9, mean * mean) ? Float(1 / variance.squareRoot()) : 0
        }
    }

    /// All rows of features, `[row, feature]`.
    func apply(_ examples: Examples) -> [Float] {
        let width = means.count
        var scaled = examples.features
        scaled.withUnsafeMutableBufferPointer { values in
            for row in 0..<examples.count {
                for column in 0..<width {
                    let value = (values[row * width + column] - means[column]) * factors[column]
                    values[row * width + column] = min(Self.limit, max(-Self.limit, value))
                }
            }
        }
        return scaled
    }
}
