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
        for label in 0..<3 {
            let machine = matrix.train(rows, isPositive: rows.map { labels[$0] == label }, cost: cost, tolerance: 1e-10)
            for (own, theirs) in zip(machine.weights, seen.weights[label]) {
                #expect(
                    abs(own - theirs) < (cost < 1 || machine.isPrimal ? 1e-6 : 1e-2),
                    "class \(label): \(own), \(theirs)")
            }
            #expect(machine.weights.count == 7 && (cost == 1 || !machine.isPrimal))
        }
    }

    @Test func theSameCallGivesTheSameNumbersWhateverWasDrawnBefore() {
        let (values, labels) = Self.features()
        let matrix = ClipMatrix(values, dimensions: 6)
        matrix.standardise(by: Array(0..<90))
        let first = matrix.train(Array(0..<90), isPositive: labels.map { $0 == 0 }, cost: 0.1, tolerance: 0.1)
        for _ in 0..<5 { _ = rand() }
        let second = matrix.train(Array(0..<90), isPositive: labels.map { $0 == 0 }, cost: 0.1, tolerance: 0.1)
        #expect(first.weights == second.weights)
        // The other way round: the sign turns, whichever label comes first.
        let turned = matrix.train(Array(0..<90), isPositive: labels.map { $0 != 0 }, cost: 0.1, tolerance: 1e-10)
        let exact = matrix.train(Array(0..<90), isPositive: labels.map { $0 == 0 }, cost: 0.1, tolerance: 1e-10)
        #expect(zip(turned.weights, exact.weights).allSatisfy { abs($0 + $1) < 1e-6 })
    }

    @Test func aMachineThatTheDualSolverDoesNotFinishIsTrainedByThePrimalOne() {
        var random = SeededRandom(seed: 1)
        let labels = (0..<300).map { _ in random.below(2) == 0 }
        let matrix = ClipMatrix((0..<900).map { _ in Float(random.normal()) }, dimensions: 3)
        matrix.standardise(by: Array(0..<300))
        let machine = matrix.train(Array(0..<300), isPositive: labels, cost: 1e4, tolerance: 1e-8)
        let turned = matrix.train(Array(0..<300), isPositive: labels.map { !$0 }, cost: 1e4, tolerance: 1e-8)
        #expect(machine.isPrimal && turned.isPrimal)
        #expect(zip(machine.weights, turned.weights).allSatisfy { abs($0 + $1) < 1e-6 })
    }

    @Test func featuresThatAreTheSameEverywhereBecomeZero() {
        let matrix = ClipMatrix([0.1, 1, 0.1, 2, 0.1, 3, 0.7, 4], dimensions: 2)
        matrix.standardise(by: [0, 1, 2])
        #expect(matrix.decision([1, 0, 0], 0..<3) == 0)
        // By the training rows alone: mean 2, deviation √(2/3).
        #expect(abs(matrix.decision([0, 1, 0], 3..<4) - 2 / (2.0 / 3).squareRoot()) < 1e-12)
        #expect(matrix.decision([0, 0, 5], 1..<3) == 5)
    }
}
