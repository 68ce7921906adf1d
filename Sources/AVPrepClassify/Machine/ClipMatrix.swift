import AVPrepCore
import AVPrepStore
import CLiblinear
import Foundation

/// The features of clips as liblinear takes them, scaled by the mean and the deviation of some of them.
final class ClipMatrix {
    let rows: Int
    let dimensions: Int
    private let features: [Float]
    private let nodes: UnsafeMutablePointer<feature_node>
    /// Nodes a row: the features, the bias, the end mark.
    private var stride: Int { dimensions + 2 }

    /// - Parameter features: of one clip after another; finite.
    init(_ features: [Float], dimensions: Int) {
        self.features = features
        self.dimensions = dimensions
        rows = features.count / dimensions
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
        return overflow || nodes > Int.max / 32 ? Int.max : nodes * (MemoryLayout<feature_node>.stride + 4)
    }

    /// Scales all rows so that these have mean 0 and standard deviation 1, feature by feature. What is the same in all of them
    /// becomes 0 there.
    func standardise(by training: [Int]) {
        guard !training.isEmpty else { return }
        let count = Double(training.count)
        features.withUnsafeBufferPointer { features in
            var means = [Double](repeating: 0, count: dimensions)
            var squares = [Double](repeating: 0, count: dimensions)
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
                    for column in 0..<dimensions {
                        // Rounding alone makes the deviation of equal numbers more than 0.
                        let deviation = (squares[column] / count).squareRoot()
                        squares[column] = deviation > 1e-12 * abs(means[column]) ? 1 / deviation : 1
                    }
                    for row in 0..<rows {
                        let values = features.baseAddress! + row * dimensions
                        let start = nodes + row * stride
                        for column in 0..<dimensions {
                            start[column].value = (Double(values[column]) - means[column]) * squares[column]
                        }
                    }
                }
            }
        }
    }

    /// Learns to tell some rows from others.
    func train(_ rows: [Int], isPositive: [Bool], cost: Double, tolerance: Double) -> Liblinear.Machine {
        Liblinear.train(
            rows.map { nodes + $0 * stride }, isPositive, width: dimensions + 1, cost: cost, tolerance: tolerance)
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
