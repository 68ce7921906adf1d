import AVPrepAlgebra
import Dispatch
import Synchronization

/// One machine a class, each against all others: the class whose machine says most, on the mean of a recording's clips.
struct ClassMachines {
    /// Weights by class; nil where nothing of the class was there to learn from.
    private let machines: [[Double]?]

    /// Learns to the tolerance: all classes at once as far as single precision goes, then each to its end by liblinear.
    ///
    /// - Parameters:
    ///   - matrix: scaled.
    ///   - rows: to learn from, with the number of the class of each.
    ///   - check: called before each step; throws to stop.
    init(
        _ matrix: ClipMatrix, rows: [Int], labels: [Int], classes: Int, cost: Double, tolerance: Double,
        check: () throws -> Void
    ) throws {
        var newton = NewtonMachines(
            rows: matrix.dense(rows), width: matrix.dimensions + 1, labels: labels, classes: classes)
        try newton.learn(cost: cost, tolerance: max(tolerance, 1e-3), check: check)
        let width = matrix.dimensions + 1
        let found = Mutex([[Double]?](repeating: nil, count: classes))
        let learnt = (0..<classes).filter { labels.contains($0) }
        let weights = newton.weights
        try check()
        DispatchQueue.concurrentPerform(iterations: learnt.count) { number in
            let wanted = learnt[number]
            let isPositive = labels.map { $0 == wanted }
            let machine =
                isPositive.contains(false)
                ? matrix.train(
                    rows, isPositive: isPositive, cost: cost, tolerance: tolerance,
                    from: weights[wanted * width..<(wanted + 1) * width].map(Double.init))
                : [Double](repeating: 0, count: width)
            found.withLock { $0[wanted] = machine }
        }
        machines = found.withLock { $0 }
    }

    /// The class of some rows together; the first of equal ones.
    func decide(_ matrix: ClipMatrix, _ rows: Range<Int>) -> Int {
        Self.best(machines.map { $0.map { matrix.decision($0, rows) } })
    }

    /// The class of the largest value; the first of equal ones, and none of those that have none.
    static func best(_ values: [Double?]) -> Int {
        var best = (label: 0, value: -Double.infinity)
        for (label, value) in values.enumerated() {
            if let value, value > best.value { best = (label, value) }
        }
        return best.label
    }
}
