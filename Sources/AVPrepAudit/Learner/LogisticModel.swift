import AVPrepAlgebra
import Foundation

/// Logistic regression with a Gaussian prior on its weights, on features and their squares, and their products where they are
/// few, by Newton's method: finds what a level, a sign, an extent or the agreement of two features tells.
struct LogisticModel: Sendable {
    /// One a feature, one a squared feature, one a product, and the intercept.
    private var weights: [Double]
    private let width: Int

    /// Precision of the prior: weak beside a thousand rows, strong beside ten.
    private static let prior = 10.0
    private static let steps = 8
    /// Of no more features than this the products are taken, too.
    private static let mostCrossed = 12

    /// - Parameters:
    ///   - features: scaled, `[row, feature]`.
    ///   - sampleWeights: one a row, >= 0: how much each counts.
    init(_ features: [Float], width: Int, labels: [Bool], sampleWeights: [Double]) {
        self.width = width
        let columns = Self.columns(width)
        let design = Self.design(features, width: width)
        weights = [Double](repeating: 0, count: columns)
        var logits = [Double](repeating: 0, count: labels.count)
        for _ in 0..<Self.steps {
            var residuals = logits
            var roots = logits
            for row in labels.indices {
                let probability = 1 / (1 + exp(-logits[row]))
                residuals[row] = sampleWeights[row] * ((labels[row] ? 1 : 0) - probability)
                roots[row] = (sampleWeights[row] * max(1e-6, probability * (1 - probability))).squareRoot()
            }
            let scaled = Algebra.scaledRows(design, by: roots)
            var gradient = weights.map { -Self.prior * $0 }
            gradient[columns - 1] = 0
            Algebra.addTransposedProduct(design, residuals, to: &gradient)
            var curvature = Algebra.lowerGram(scaled, columns: columns)
            for column in 0..<columns {
                curvature[column * columns + column] += column < columns - 1 ? Self.prior : 1e-6
            }
            guard let step = CholeskySolver.solve(&curvature, gradient) else { break }
            for column in weights.indices { weights[column] += step[column] }
            logits = Self.logits(design, weights)
            if step.allSatisfy({ abs($0) < 1e-6 }) { break }
        }
    }

    /// Log odds of the label for each row of scaled features.
    func logits(_ features: [Float]) -> [Double] {
        Self.logits(Self.design(features, width: width), weights)
    }

    private static func columns(_ width: Int) -> Int {
        2 * width + (width <= mostCrossed ? width * (width - 1) / 2 : 0) + 1
    }

    /// Features, their squares less the mean of a unit Gaussian's, products, and 1.
    private static func design(_ features: [Float], width: Int) -> [Double] {
        let columns = columns(width)
        var design = [Double](repeating: 1, count: features.count / width * columns)
        design.withUnsafeMutableBufferPointer { design in
            features.withUnsafeBufferPointer { features in
                for row in 0..<features.count / width {
                    var next = row * columns + 2 * width
                    for column in 0..<width {
                        let value = Double(features[row * width + column])
                        design[row * columns + column] = value
                        design[row * columns + width + column] = (value * value - 1) / 2
                        guard width <= mostCrossed else { continue }
                        for other in 0..<column {
                            design[next] = value * Double(features[row * width + other])
                            next += 1
                        }
                    }
                }
            }
        }
        return design
    }

    private static func logits(_ design: [Double], _ weights: [Double]) -> [Double] {
        Algebra.product(design, weights)
    }
}
