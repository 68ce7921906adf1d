import AVPrepCore

/// The protocol of ESC-50 and DCASE: what is learnt of the other folds is tested on each in its turn. Scale, penalty and
/// weights know nothing of the fold that is tested.
struct FoldProtocol {
    /// A recording: its class, its fold, what it was cut from, and its rows of the matrix.
    struct Recording {
        var label: Int
        var fold: String
        var group: String
        var rows: Range<Int>
    }

    struct FoldResult {
        let fold: String
        /// Numbers of recordings, and what each is taken for.
        let tested: [Int]
        let decisions: [Int]
        let trained: Int
        let cost: Double
        /// Share of right recordings by which the penalty was chosen; nil where there was only one.
        let costAccuracy: Double?
        /// Classes that are tested, and nothing of them was there to learn from.
        let unlearnt: [Int]
        let primal: Int

        func correct(_ recordings: [Recording]) -> Int {
            zip(tested, decisions).count { recordings[$0].label == $1 }
        }
    }

    let matrix: ClipMatrix
    let recordings: [Recording]
    let classes: Int
    let request: ClassifyRequest
    /// Called before each machine; throws to stop.
    let check: () throws -> Void

    /// Parts of the training set that a penalty is chosen by, where it is one fold.
    private static let drawnParts = 5
    /// As exact as machines need be for choosing a penalty.
    private static let choiceTolerance = 0.01

    func run(fold: String) throws -> FoldResult {
        let tested = recordings.indices.filter { recordings[$0].fold == fold }
        let training = recordings.indices.filter { recordings[$0].fold != fold }
        let learnt = Set(training.map { recordings[$0].label })
        guard learnt.count > 1 else {
            throw Failure(
                "fold \(fold) cannot be tested: the others have recordings of \(learnt.count == 1 ? "one class" : "no class") "
                    + "with features; check the manifest and the features", exitStatus: .badInput)
        }
        var (cost, accuracy): (Double, Double?) = (request.costs[0], nil)
        if request.costs.count > 1 { (cost, accuracy) = try chooseCost(training) }
        let machines = try learn(training, cost, request.tolerance, scale: true)
        return FoldResult(
            fold: fold, tested: tested, decisions: tested.map { machines.decide(matrix, recordings[$0].rows) },
            trained: training.count, cost: cost, costAccuracy: accuracy,
            unlearnt: Set(tested.map { recordings[$0].label }).subtracting(learnt).sorted(),
            primal: machines.primal)
    }

    /// The penalty with the most right recordings, each told by machines that know nothing of its part; the smallest of equal
    /// ones.
    private func chooseCost(_ training: [Int]) throws -> (Double, Double?) {
        var right = [Int](repeating: 0, count: request.costs.count)
        for part in parts(of: training) {
            let held = Set(part)
            let rest = training.filter { !held.contains($0) }
            matrix.standardise(by: rest.flatMap { recordings[$0].rows })
            for (place, cost) in request.costs.enumerated() {
                let machines = try learn(rest, cost, max(request.tolerance, Self.choiceTolerance), scale: false)
                right[place] += part.count { machines.decide(matrix, recordings[$0].rows) == recordings[$0].label }
            }
        }
        let best = right.indices.reduce(0) { right[$1] > right[$0] ? $1 : $0 }
        return (request.costs[best], Double(right[best]) / Double(training.count))
    }

    private func learn(_ chosen: [Int], _ cost: Double, _ tolerance: Double, scale: Bool) throws -> ClassMachines {
        let rows = chosen.flatMap { recordings[$0].rows }
        let labels = chosen.flatMap { recording in
            recordings[recording].rows.map { _ in recordings[recording].label }
        }
        if scale { matrix.standardise(by: rows) }
        return try ClassMachines(
            matrix, rows: rows, labels: labels, classes: classes, cost: cost, tolerance: tolerance, check: check)
    }

    /// The folds of a training set, or parts of its only fold: what was cut from one recording stays together, and every class
    /// is dealt out evenly.
    func parts(of training: [Int]) -> [[Int]] {
        let folds = Dictionary(grouping: training, by: { recordings[$0].fold })
        if folds.count > 1 { return folds.sorted { $0.key < $1.key }.map(\.value) }
        let groups = Dictionary(grouping: training, by: { Array(recordings[$0].group.utf8) })
        let named = groups.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value)
        var parts = [[Int]](repeating: [], count: min(Self.drawnParts, named.count))
        var next = 0
        for (label, members) in Dictionary(grouping: named, by: { recordings[$0[0]].label }).sorted(by: {
            $0.key < $1.key
        }) {
            var random = SeededRandom(seed: request.seed, for: "parts/\(label)")
            for group in random.shuffled(members) {
                parts[next % parts.count] += group
                next += 1
            }
        }
        return parts.filter { !$0.isEmpty && $0.count < training.count }
    }
}
