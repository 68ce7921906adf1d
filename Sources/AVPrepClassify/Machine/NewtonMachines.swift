import AVPrepAlgebra

/// All classes' machines at once, each against all others: squared hinge loss and L2 penalty, as ``Liblinear``'s, by Newton's
/// method with conjugate gradients and exact steps (Keerthi & DeCoste, "A modified finite Newton method for fast solution of
/// large scale linear SVMs", JMLR 6, 2005).
///
/// Classes share the products with the features, which are large ones for OpenBLAS, and a larger penalty begins where a
/// smaller one has ended. Numbers are single: enough to choose a penalty, and to begin ``Liblinear`` with.
struct NewtonMachines {
    private static let mostSteps = 60
    private static let mostInnerSteps = 200
    /// How much smaller than the gradient the rest of an inner system is in the end.
    private static let innerShare: Float = 0.1

    /// Rows to learn from, one clip after another: features, scaled, and 1 for the bias.
    let rows: [Float]
    let width: Int
    /// Of each row.
    let labels: [Int]
    /// Of the features and the bias, class by class; 0 for classes that none or all of the rows are of.
    private(set) var weights: [Float]
    private let classes: Int
    private let counts: [Int]
    /// Of the loss's gradient at 0, for a penalty of 1.
    private let firstGradients: [Float]

    private var count: Int { labels.count }

    init(rows: [Float], width: Int, labels: [Int], classes: Int) {
        (self.rows, self.width, self.labels, self.classes) = (rows, width, labels, classes)
        weights = [Float](repeating: 0, count: classes * width)
        counts = (0..<classes).map { label in labels.count { $0 == label } }
        let answers = (0..<classes).flatMap { label in labels.map { $0 == label ? Float(1) : -1 } }
        let gradients = rows.withUnsafeBufferPointer { FloatProducts.product(answers, $0, width: width) }
        firstGradients = (0..<classes).map { label in
            2
                * Self.dot(
                    gradients[label * width..<(label + 1) * width], gradients[label * width..<(label + 1) * width]
                )
                .squareRoot()
        }
    }

    /// Learns with this penalty, from where the last one has ended.
    ///
    /// - Parameters:
    ///   - tolerance: the gradient's share of that at 0, of as many rows of either side, as liblinear's.
    ///   - check: called before each step; throws to stop.
    mutating func learn(cost: Double, tolerance: Double, check: () throws -> Void) throws {
        let cost = Float(cost)
        var active = (0..<classes).filter { counts[$0] > 0 && counts[$0] < count }
        for _ in 0..<Self.mostSteps where !active.isEmpty {
            try check()
            var step = Step(active: active, machines: self, cost: cost)
            active = active.enumerated().filter { place, label in
                let least = Float(max(1, min(counts[label], count - counts[label]))) / Float(count)
                return step.gradientSize(place) > Float(tolerance) * least * cost * firstGradients[label]
            }.map(\.element)
            guard !active.isEmpty else { return }
            step.keep(active)
            try step.solve(check: check)
            let lengths = step.lengths()
            for (place, label) in active.enumerated() {
                let direction = step.direction(place)
                for (column, value) in zip(label * width..<(label + 1) * width, direction) {
                    weights[column] += lengths[place] * value
                }
            }
            // A step of nothing: single precision says no more.
            active = zip(active, lengths).filter { $0.1 > 0 }.map(\.0)
        }
    }

    fileprivate static func dot(_ left: ArraySlice<Float>, _ right: ArraySlice<Float>) -> Float {
        var sum = 0.0
        left.withUnsafeBufferPointer { left in
            right.withUnsafeBufferPointer { right in
                for place in left.indices { sum += Double(left[place] * right[place]) }
            }
        }
        return Float(sum)
    }

    /// One step of Newton's method, of some classes.
    private struct Step {
        let machines: NewtonMachines
        let cost: Float
        private var active: [Int]
        /// Class by class: weights, their gradient, the direction; of rows: what the weights and the direction make of them.
        private var own: [Float]
        private var gradient: [Float]
        private var direction: [Float] = []
        private var values: [Float]
        private var changes: [Float] = []

        private var width: Int { machines.width }
        private var count: Int { machines.count }

        init(active: [Int], machines: NewtonMachines, cost: Float) {
            (self.machines, self.cost, self.active) = (machines, cost, active)
            let width = machines.width
            let own = active.flatMap { machines.weights[$0 * width..<($0 + 1) * width] }
            let values = machines.rows.withUnsafeBufferPointer {
                FloatProducts.product(own, transposed: $0, width: width)
            }
            (self.own, self.values) = (own, values)
            var rests = [Float](repeating: 0, count: values.count)
            for (place, label) in active.enumerated() {
                let start = place * machines.count
                for row in 0..<machines.count {
                    let answer: Float = machines.labels[row] == label ? 1 : -1
                    rests[start + row] = answer * max(0, 1 - answer * values[start + row])
                }
            }
            let pulls = machines.rows.withUnsafeBufferPointer { FloatProducts.product(rests, $0, width: width) }
            gradient = zip(own, pulls).map { $0 - 2 * cost * $1 }
        }

        private func part(_ values: [Float], _ place: Int) -> ArraySlice<Float> {
            let length = values.count / active.count
            return values[place * length..<(place + 1) * length]
        }

        func gradientSize(_ place: Int) -> Float {
            NewtonMachines.dot(part(gradient, place), part(gradient, place)).squareRoot()
        }

        func direction(_ place: Int) -> ArraySlice<Float> { part(direction, place) }

        mutating func keep(_ kept: [Int]) {
            let places = active.indices.filter { kept.contains(active[$0]) }
            func only(_ values: [Float]) -> [Float] { places.flatMap { part(values, $0) } }
            (own, gradient, values) = (only(own), only(gradient), only(values))
            active = kept
        }

        /// Solves `(1 + 2 C Xᵀ X) s = -g` over the rows within the margin.
        mutating func solve(check: () throws -> Void) throws {
            direction = [Float](repeating: 0, count: gradient.count)
            changes = [Float](repeating: 0, count: values.count)
            var rest = gradient.map { -$0 }
            var search = rest
            var open = Array(active.indices)
            var sizes = active.indices.map { NewtonMachines.dot(part(rest, $0), part(rest, $0)) }
            let ends = sizes.map { $0 * NewtonMachines.innerShare * NewtonMachines.innerShare }
            for _ in 0..<NewtonMachines.mostInnerSteps where !open.isEmpty {
                try check()
                let heard = open.flatMap { part(search, $0) }
                let made = machines.rows.withUnsafeBufferPointer {
                    FloatProducts.product(heard, transposed: $0, width: width)
                }
                var within = made
                for (number, place) in open.enumerated() {
                    let label = active[place]
                    for row in 0..<count {
                        let answer: Float = machines.labels[row] == label ? 1 : -1
                        if answer * values[place * count + row] >= 1 { within[number * count + row] = 0 }
                    }
                }
                let curved = machines.rows.withUnsafeBufferPointer { FloatProducts.product(within, $0, width: width) }
                var still: [Int] = []
                for (number, place) in open.enumerated() {
                    let (at, from) = (place * width, number * width)
                    var bend = 0.0
                    for column in 0..<width {
                        let value = heard[from + column]
                        bend += Double(value * (value + 2 * cost * curved[from + column]))
                    }
                    let length = sizes[place] / Float(bend)
                    guard length.isFinite, length > 0 else { continue }
                    for column in 0..<width {
                        direction[at + column] += length * search[at + column]
                        rest[at + column] -= length * (search[at + column] + 2 * cost * curved[from + column])
                    }
                    for row in 0..<count { changes[place * count + row] += length * made[number * count + row] }
                    let size = NewtonMachines.dot(part(rest, place), part(rest, place))
                    let ratio = size / sizes[place]
                    sizes[place] = size
                    for column in 0..<width { search[at + column] = rest[at + column] + ratio * search[at + column] }
                    if size > ends[place] { still.append(place) }
                }
                open = still
            }
        }

        /// How far to go along each direction: to where the loss is least, which is a root of an increasing function.
        func lengths() -> [Float] {
            active.enumerated().map { place, label in
                let direction = part(direction, place)
                let (ahead, square) = (
                    Double(NewtonMachines.dot(part(own, place), direction)),
                    Double(NewtonMachines.dot(direction, direction))
                )
                func slope(_ length: Double) -> (value: Double, growth: Double) {
                    var (value, growth) = (ahead + length * square, square)
                    for row in 0..<count {
                        let answer: Double = machines.labels[row] == label ? 1 : -1
                        let change = Double(changes[place * count + row])
                        let lacking = 1 - answer * (Double(values[place * count + row]) + length * change)
                        guard lacking > 0 else { continue }
                        value -= 2 * Double(cost) * answer * change * lacking
                        growth += 2 * Double(cost) * change * change
                    }
                    return (value, growth)
                }
                let start = slope(0)
                guard start.value < 0, square > 0 else { return 0 }
                var (low, high, length) = (0.0, Double.infinity, 1.0)
                for _ in 0..<40 {
                    let (value, growth) = slope(length)
                    if abs(value) <= 1e-7 * abs(start.value) { break }
                    if value > 0 { high = length } else { low = length }
                    length -= value / growth
                    if !(length > low && length < high) { length = high.isFinite ? (low + high) / 2 : 2 * low }
                }
                return Float(length)
            }
        }
    }
}
