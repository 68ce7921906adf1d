/// One machine a class, each against all others: the class whose machine says most, on the mean of a recording's clips.
struct ClassMachines {
    /// Weights by class; nil where nothing of the class was there to learn from.
    private(set) var machines: [[Double]?]
    /// Machines that the primal solver trained.
    private(set) var primal = 0

    /// - Parameters:
    ///   - matrix: scaled.
    ///   - rows: to learn from, with the number of the class of each.
    ///   - check: called before each machine; throws to stop.
    init(
        _ matrix: ClipMatrix, rows: [Int], labels: [Int], classes: Int, cost: Double, tolerance: Double,
        check: () throws -> Void
    ) throws {
        machines = []
        for wanted in 0..<classes {
            try check()
            let isPositive = labels.map { $0 == wanted }
            switch isPositive.count(where: { $0 }) {
            case 0: machines.append(nil)
            case rows.count: machines.append([Double](repeating: 0, count: matrix.dimensions + 1))
            default:
                let machine = matrix.train(rows, isPositive: isPositive, cost: cost, tolerance: tolerance)
                machines.append(machine.weights)
                if machine.isPrimal { primal += 1 }
            }
        }
    }

    /// The class of some rows together; the first of equal ones.
    func decide(_ matrix: ClipMatrix, _ rows: Range<Int>) -> Int {
        var best = (label: 0, value: -Double.infinity)
        for (label, weights) in machines.enumerated() {
            guard let weights else { continue }
            let value = matrix.decision(weights, rows)
            if value > best.value { best = (label, value) }
        }
        return best.label
    }
}
