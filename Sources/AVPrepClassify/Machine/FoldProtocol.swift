import AVPrepAlgebra
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

    struct FoldResult: Codable {
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

        func correct(_ recordings: [Recording]) -> Int {
            zip(tested, decisions).count { recordings[$0].label == $1 }
        }
    }

    let matrix: ClipMatrix
    let recordings: [Recording]
    let classes: Int
    let request: ClassifyRequest
    /// What an earlier call has found; new results go there.
    let memory: ClassifyMemory
    /// Which features these are, in the memory.
    let side: String
    /// Called before each step; throws to stop.
    let check: () throws -> Void

    /// Parts of the training set that a penalty is chosen by, where it is one fold.
    private static let drawnParts = 5
    /// As exact as machines need be for choosing a penalty.
    private static let choiceTolerance = 0.001

    /// Parts that ``run(fold:)`` reports.
    func steps(fold: String) -> Int {
        1 + (request.costs.count > 1 ? parts(of: recordings.indices.filter { recordings[$0].fold != fold }).count : 0)
    }

    /// - Parameter progress: called after each part.
    func run(fold: String, progress: () -> Void = {}) throws -> FoldResult {
        if let known = memory.result(side, fold) {
            for _ in 0..<steps(fold: fold) { progress() }
            return known
        }
        let tested = recordings.indices.filter { recordings[$0].fold == fold }
        let training = recordings.indices.filter { recordings[$0].fold != fold }
        let learnt = Set(training.map { recordings[$0].label })
        guard learnt.count > 1 else {
            throw Failure(
                "fold \(fold) cannot be tested: the others have recordings of \(learnt.count == 1 ? "one class" : "no class") "
                    + "with features; check the manifest and the features", exitStatus: .badInput)
        }
        var (cost, accuracy): (Double, Double?) = (request.costs[0], nil)
        if request.costs.count > 1 { (cost, accuracy) = try chooseCost(training, fold, progress) }
        let (rows, labels) = clips(of: training)
        matrix.standardise(by: rows)
        matrix.prepareNodes()
        let machines = try ClassMachines(
            matrix, rows: rows, labels: labels, classes: classes, cost: cost, tolerance: request.tolerance,
            check: check)
        let result = FoldResult(
            fold: fold, tested: tested, decisions: tested.map { machines.decide(matrix, recordings[$0].rows) },
            trained: training.count, cost: cost, costAccuracy: accuracy,
            unlearnt: Set(tested.map { recordings[$0].label }).subtracting(learnt).sorted())
        try memory.note(result, side)
        progress()
        return result
    }

    /// The penalty with the most right recordings, each told by machines that know nothing of its part; the smallest of equal
    /// ones.
    private func chooseCost(_ training: [Int], _ fold: String, _ progress: () -> Void) throws -> (Double, Double?) {
        var right = [Int](repeating: 0, count: request.costs.count)
        for (number, part) in parts(of: training).enumerated() {
            let own = try memory.right(side, fold, part: number) ?? tryCosts(training, without: part)
            try memory.note(own, side, fold, part: number)
            for place in right.indices { right[place] += own[place] }
            progress()
        }
        let best = right.indices.reduce(0) { right[$1] > right[$0] ? $1 : $0 }
        return (request.costs[best], Double(right[best]) / Double(training.count))
    }

    /// Right recordings of a part, by the penalty of machines that know the rest.
    private func tryCosts(_ training: [Int], without part: [Int]) throws -> [Int] {
        let held = Set(part)
        let (rows, labels) = clips(of: training.filter { !held.contains($0) })
        matrix.standardise(by: rows)
        let width = matrix.dimensions + 1
        var machines = NewtonMachines(rows: matrix.dense(rows), width: width, labels: labels, classes: classes)
        let heldRows = part.flatMap { recordings[$0].rows }
        let tested = matrix.dense(heldRows)
        let isLearnt = (0..<classes).map { labels.contains($0) }
        return try request.costs.map { cost in
            try machines.learn(cost: cost, tolerance: max(request.tolerance, Self.choiceTolerance), check: check)
            let values = tested.withUnsafeBufferPointer {
                FloatProducts.product(machines.weights, transposed: $0, width: width)
            }
            var (start, right) = (0, 0)
            for recording in part {
                let count = recordings[recording].rows.count
                let sums = (0..<classes).map { label in
                    isLearnt[label]
                        ? values[label * heldRows.count + start..<label * heldRows.count + start + count].reduce(0) {
                            $0 + Double($1)
                        } : nil
                }
                if ClassMachines.best(sums) == recordings[recording].label { right += 1 }
                start += count
            }
            return right
        }
    }

    /// The rows of some recordings, with their classes.
    private func clips(of chosen: [Int]) -> (rows: [Int], labels: [Int]) {
        (
            chosen.flatMap { recordings[$0].rows },
            chosen.flatMap { recording in recordings[recording].rows.map { _ in recordings[recording].label } }
        )
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
