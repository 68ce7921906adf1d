import AVPrepCore
import AVPrepStore
import CLiblinear
import Foundation

/// The features of clips as liblinear takes them, scaled by the mean and the deviation of some of them.
///
/// Threads may read it side by side while none scales it.
final class ClipMatrix: @unchecked Sendable {
    let rows: Int
    let dimensions: Int
    private let features: [Float]
    private let nodes: UnsafeMutablePointer<feature_node>
    private var scale: (means: [Double], factors: [Double])
    /// Nodes a row: the features, the bias, the end mark.
    private var stride: Int { dimensions + 2 }

    /// - Parameter features: of one clip after another; finite.
    init(_ features: [Float], dimensions: Int) {
        self.features = features
        self.dimensions = dimensions
        rows = features.count / dimensions
        scale = ([Double](repeating: 0, count: dimensions), [Double](repeating: 1, count: dimensions))
        nodes = .allocate(capacity: max(1, rows * (dimensions + 2)))
        for row in 0..<rows {
            let start = nodes + row * stride
            for column in 0...dimensions {
                (start + column).initialize(to: feature_node(index: Int32(column + 1), value: 1))
            }
            (start + dimensions + 1).initialize(to: feature_node(index: -1, value: 0))
        }
    }

    deinit { nodes.deallocate() }

    /// Bytes of memory for so many clips.
    static func bytes(rows: Int, dimensions: Int) -> Int {
        let (nodes, overflow) = rows.multipliedReportingOverflow(by: dimensions + 2)
        return overflow || nodes > Int.max / 32 ? Int.max : nodes * (MemoryLayout<feature_node>.stride + 8)
    }

    /// Takes the scale by which these rows have mean 0 and standard deviation 1, feature by feature. What is the same in all of
    /// them becomes 0 there.
    func standardise(by training: [Int]) {
        guard !training.isEmpty else { return }
        let count = Double(training.count)
        var means = [Double](repeating: 0, count: dimensions)
        var squares = [Double](repeating: 0, count: dimensions)
        features.withUnsafeBufferPointer { features in
            means.withUnsafeMutableBufferPointer { means in
                for row in training {
                    let values = features.baseAddress! + row * dimensions
                    for column in 0..<dimensions { means[column] += Double(values[column]) }
                }
                for column in 0..<dimensions { means[column] /= count }
                squares.withUnsafeMutableBufferPointer { squares in
                    for row in training {
                        let values = features.baseAddress! + row * dimensions
                        for column in 0..<dimensions {
                            let away = Double(values[column]) - means[column]
                            squares[column] += away * away
                        }
                    }
                }
            }
        }
        scale = (
            means,
            zip(squares, means).map { square, mean in
                // Rounding alone makes the deviation of equal numbers more than 0.
                let deviation = (square / count).squareRoot()
                return deviation > 1e-12 * abs(mean) ? 1 / deviation : 1
            }
        )
    }

    /// Writes all rows, scaled, for liblinear.
    func prepareNodes() {
        features.withUnsafeBufferPointer { features in
            for row in 0..<rows {
                let values = features.baseAddress! + row * dimensions
                let start = nodes + row * stride
                for column in 0..<dimensions {
                    start[column].value = (Double(values[column]) - scale.means[column]) * scale.factors[column]
                }
            }
        }
    }

    /// Some rows, scaled, each with a 1 for the bias.
    func dense(_ chosen: [Int]) -> [Float] {
        let width = dimensions + 1
        return [Float](unsafeUninitializedCapacity: chosen.count * width) { output, initialized in
            features.withUnsafeBufferPointer { features in
                for (place, row) in chosen.enumerated() {
                    let (from, to) = (row * dimensions, place * width)
                    for column in 0..<dimensions {
                        let value = (Double(features[from + column]) - scale.means[column]) * scale.factors[column]
                        output.initializeElement(at: to + column, to: Float(value))
                    }
                    output.initializeElement(at: to + dimensions, to: 1)
                }
            }
            initialized = chosen.count * width
        }
    }

    /// Learns to tell some rows from others, as ``prepareNodes()`` has written them.
    func train(_ rows: [Int], isPositive: [Bool], cost: Double, tolerance: Double, from first: [Double]? = nil)
        -> [Double]
    {
        Liblinear.train(
            rows.map { nodes + $0 * stride }, isPositive, width: dimensions + 1, cost: cost, tolerance: tolerance,
            from: first)
    }

    /// The mean decision value of some rows.
    func decision(_ weights: [Double], _ rows: Range<Int>) -> Double {
        var sum = 0.0
        weights.withUnsafeBufferPointer { weights in
            for row in rows {
                let start = nodes + row * stride
                var value = weights[dimensions]
                for column in 0..<dimensions { value += weights[column] * start[column].value }
                sum += value
            }
        }
        return sum / Double(max(1, rows.count))
    }
}
