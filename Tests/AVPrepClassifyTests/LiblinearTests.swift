import AVPrepCore
import Foundation
import TestSupport
import Testing

@testable import AVPrepClassify

@Suite struct LiblinearTests {
    private static func features() -> (values: [Float], labels: [Int]) {
        var random = SeededRandom(seed: 5)
        let labels = (0..<90).map { $0 % 3 }
        let values = labels.flatMap { label in (0..<6).map { Float(random.normal() + ($0 == label ? 1 : 0)) * 4 - 7 } }
        return (values, labels)
    }

    /// With C = 1 scikit-learn's dual solver stalls up to 0.03 from the optimum, so there its primal one is asked.
    @Test(.enabled(if: Oracle.isAvailable, "make test makes the venv"), arguments: [1e-4, 1e-2, 1])
    func weightsAreThoseOfLinearSVC(cost: Double) throws {
        struct Seen: Decodable {
            var weights: [[Double]]
        }
        let (values, labels) = Self.features()
        let matrix = ClipMatrix(values, dimensions: 6)
        // The last thirty are not learnt from.
        let rows = Array(0..<60)
        matrix.standardise(by: rows)
        matrix.prepareNodes()
        let seen = try Oracle.json(
            Seen.self,
            """
            import sys, json, numpy as np
            from sklearn.svm import LinearSVC
            from sklearn.preprocessing import StandardScaler
            x, y, c = json.loads(sys.argv[1]), json.loads(sys.argv[2]), float(sys.argv[3])
            x = np.array(x, "f4").reshape(-1, 6).astype("f8")
            x = StandardScaler().fit(x[:60]).transform(x)
            machine = LinearSVC(C=c, tol=1e-12, max_iter=1000000, dual=c < 1).fit(x[:60], y[:60])
            print(json.dumps(dict(weights=np.c_[machine.coef_, machine.intercept_].tolist())))
            """, ["\(values)", "\(labels)", "\(cost)"])
        var newton = NewtonMachines(
            rows: matrix.dense(rows), width: 7, labels: rows.map { labels[$0] }, classes: 3)
        try newton.learn(cost: cost, tolerance: 1e-3, check: {})
        for label in 0..<3 {
            let first = newton.weights[label * 7..<(label + 1) * 7].map(Double.init)
            // liblinear ends its line searches where rounding does: 1e-6 from the optimum.
            let machine = matrix.train(
                rows, isPositive: rows.map { labels[$0] == label }, cost: cost, tolerance: 1e-9, from: first)
            for ((own, near), theirs) in zip(zip(machine, first), seen.weights[label]) {
                #expect(abs(own - theirs) < 1e-5, "class \(label): \(own), \(theirs)")
                #expect(abs(near - theirs) < 1e-3, "class \(label): \(near), \(theirs)")
            }
            #expect(machine.count == 7)
        }
    }

    /// From 0 or from nearby, whichever label comes first: one optimum.
    @Test func theOptimumIsOneWhereverItIsBegunWith() throws {
        let (values, labels) = Self.features()
        let matrix = ClipMatrix(values, dimensions: 6)
        let rows = Array(0..<90)
        matrix.standardise(by: rows)
        matrix.prepareNodes()
        func trained(_ isPositive: [Bool], from first: [Double]?) -> [Double] {
            matrix.train(rows, isPositive: isPositive, cost: 0.1, tolerance: 1e-9, from: first)
        }
        let own = labels.map { $0 == 0 }
        let cold = trained(own, from: nil)
        let warm = trained(own, from: cold.map { $0 * 0.9 + 0.01 })
        let turned = trained(own.map { !$0 }, from: cold)
        #expect(zip(cold, warm).allSatisfy { abs($0 - $1) < 1e-5 })
        #expect(zip(cold, turned).allSatisfy { abs($0 + $1) < 1e-5 })
        #expect(trained(own, from: nil) == cold)
    }

    /// Many rows, few features and a large penalty, where the dual solver stalls; a class of one row, and one of none.
    @Test func allClassesAtOnceReachLiblinearsOptimum() throws {
        var random = SeededRandom(seed: 1)
        var labels = (0..<300).map { _ in Int(random.below(3)) }
        labels[7] = 3
        let matrix = ClipMatrix((0..<900).map { _ in Float(random.normal()) }, dimensions: 3)
        let rows = Array(0..<300)
        matrix.standardise(by: rows)
        matrix.prepareNodes()
        var newton = NewtonMachines(rows: matrix.dense(rows), width: 4, labels: labels, classes: 5)
        for cost in [1e-4, 1e-2, 1, 1e4] {
            try newton.learn(cost: cost, tolerance: 1e-4, check: {})
            for label in 0..<4 {
                let exact = matrix.train(
                    rows, isPositive: labels.map { $0 == label }, cost: cost, tolerance: 1e-9)
                for (own, theirs) in zip(newton.weights[label * 4..<(label + 1) * 4], exact) {
                    #expect(abs(Double(own) - theirs) < 2e-3, "C \(cost), class \(label): \(own), \(theirs)")
                }
            }
            #expect(newton.weights[16..<20].allSatisfy { $0 == 0 })
        }
    }

    @Test func featuresThatAreTheSameEverywhereBecomeZero() {
        let matrix = ClipMatrix([0.1, 1, 0.1, 2, 0.1, 3, 0.7, 4], dimensions: 2)
        matrix.standardise(by: [0, 1, 2])
        matrix.prepareNodes()
        #expect(matrix.decision([1, 0, 0], 0..<3) == 0)
        // By the training rows alone: mean 2, deviation √(2/3).
        #expect(abs(matrix.decision([0, 1, 0], 3..<4) - 2 / (2.0 / 3).squareRoot()) < 1e-12)
        #expect(matrix.decision([0, 0, 5], 1..<3) == 5)
    }
}
