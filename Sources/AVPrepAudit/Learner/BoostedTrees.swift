import Foundation

/// Gradient boosting of trees of two levels on binned features: finds what two features tell together, and what no straight
/// line divides. (Friedman, "Greedy function approximation", Annals of Statistics 29(5), 2001, with Newton's leaf values.)
struct BoostedTrees: Sendable {
    /// Two levels: a split, and a split of each of its sides.
    private struct Tree {
        var root: Split
        var sides: (Split, Split)
        /// Of the four ends, from left to right.
        var values: (Float, Float, Float, Float)
    }

    /// Rows with a bin up to this one go left.
    private struct Split {
        var feature = 0
        var bin: UInt8 = .max
    }

    private var trees: [Tree] = []
    /// Upper edges of the bins of each feature, rising.
    private let edges: [[Float]]
    private let width: Int

    private static let bins = 12
    private static let rounds = 40
    private static let rate: Float = 0.15
    /// Precision of the leaves' prior.
    private static let prior: Float = 5

    /// - Parameters:
    ///   - features: `[row, feature]`.
    ///   - sampleWeights: one a row, >= 0: how much each counts.
    init(_ features: [Float], width: Int, labels: [Bool], sampleWeights: [Double]) {
        self.width = width
        edges = (0..<width).map { Self.edges(of: $0, in: features, width: width) }
        let binned = Self.binned(features, width: width, edges)
        let rows = labels.count
        var logits = [Float](repeating: 0, count: rows)
        var gradients = logits
        var curvatures = logits
        for _ in 0..<Self.rounds {
            for row in 0..<rows {
                let probability = 1 / (1 + exp(-logits[row]))
                let sampleWeight = Float(sampleWeights[row])
                gradients[row] = sampleWeight * ((labels[row] ? 1 : 0) - probability)
                curvatures[row] = sampleWeight * max(1e-4, probability * (1 - probability))
            }
            let all = Array(0..<rows)
            let root = split(all, binned, gradients, curvatures)
            let left = all.filter { binned[$0 * width + root.feature] <= root.bin }
            let right = all.filter { binned[$0 * width + root.feature] > root.bin }
            let sides = (split(left, binned, gradients, curvatures), split(right, binned, gradients, curvatures))
            var tree = Tree(root: root, sides: sides, values: (0, 0, 0, 0))
            let ends = [(left, sides.0), (right, sides.1)].flatMap { side, split in
                [
                    side.filter { binned[$0 * width + split.feature] <= split.bin },
                    side.filter { binned[$0 * width + split.feature] > split.bin },
                ]
            }
            let values = ends.map { end in
                Self.rate * end.reduce(0) { $0 + gradients[$1] }
                    / (end.reduce(0) { $0 + curvatures[$1] } + Self.prior)
            }
            tree.values = (values[0], values[1], values[2], values[3])
            for (end, value) in zip(ends, values) { for row in end { logits[row] += value } }
            trees.append(tree)
        }
    }

    /// Log odds of the label for each row of features.
    func logits(_ features: [Float]) -> [Double] {
        let binned = Self.binned(features, width: width, edges)
        return (0..<features.count / width).map { row in
            trees.reduce(0) { sum, tree in
                let isLeft = binned[row * width + tree.root.feature] <= tree.root.bin
                let side = isLeft ? tree.sides.0 : tree.sides.1
                let isOuter = binned[row * width + side.feature] <= side.bin
                let value =
                    isLeft
                    ? (isOuter ? tree.values.0 : tree.values.1) : (isOuter ? tree.values.2 : tree.values.3)
                return sum + Double(value)
            }
        }
    }

    /// Edges with equally many values between them.
    private static func edges(of column: Int, in features: [Float], width: Int) -> [Float] {
        let values = stride(from: column, to: features.count, by: width).map { features[$0] }.sorted()
        guard let first = values.first, let last = values.last, first < last else { return [] }
        var edges: [Float] = []
        for bin in 1..<bins {
            let edge = values[values.count * bin / bins]
            if edge > edges.last ?? first { edges.append(edge) }
        }
        return edges
    }

    /// The number of edges that each value reaches.
    private static func binned(_ features: [Float], width: Int, _ edges: [[Float]]) -> [UInt8] {
        var binned = [UInt8](repeating: 0, count: features.count)
        for index in features.indices {
            let value = features[index]
            var bin: UInt8 = 0
            for edge in edges[index % width] {
                if value < edge { break }
                bin += 1
            }
            binned[index] = bin
        }
        return binned
    }

    /// The split of these rows that fits best; one that leaves all on the left where none does.
    private func split(_ rows: [Int], _ binned: [UInt8], _ gradients: [Float], _ curvatures: [Float]) -> Split {
        // Two numbers a bin: the sum of gradients and that of curvatures.
        var sums = [Float](repeating: 0, count: 2 * width * Self.bins)
        var (gradient, curvature) = (Float(0), Float(0))
        sums.withUnsafeMutableBufferPointer { sums in
            binned.withUnsafeBufferPointer { binned in
                for row in rows {
                    let (ownGradient, ownCurvature) = (gradients[row], curvatures[row])
                    gradient += ownGradient
                    curvature += ownCurvature
                    var column = 0
                    while column < width {
                        let bin = 2 * (column * Self.bins + Int(binned[row * width + column]))
                        sums[bin] += ownGradient
                        sums[bin + 1] += ownCurvature
                        column += 1
                    }
                }
            }
        }
        func gain(_ gradient: Float, _ curvature: Float) -> Float { gradient * gradient / (curvature + Self.prior) }
        var best = Split()
        var bestGain = gain(gradient, curvature) + 1e-6
        for column in 0..<width {
            var (leftGradient, leftCurvature) = (Float(0), Float(0))
            for bin in 0..<edges[column].count {
                leftGradient += sums[2 * (column * Self.bins + bin)]
                leftCurvature += sums[2 * (column * Self.bins + bin) + 1]
                let gain =
                    gain(leftGradient, leftCurvature) + gain(gradient - leftGradient, curvature - leftCurvature)
                if gain > bestGain {
                    bestGain = gain
                    best = Split(feature: column, bin: UInt8(bin))
                }
            }
        }
        return best
    }
}
