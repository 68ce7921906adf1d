import AVPrepDrawing

/// The value that is drawn in full colour: all maps of a video have one scale, so that they can be compared.
enum HeatScale {
    /// The 99th percentile of what is above 0; nil where nothing is.
    static func top(of values: some Sequence<Float>) -> Float? {
        let positive = values.filter { $0.isFinite && $0 > 0 }.sorted()
        return positive.isEmpty ? nil : positive[(positive.count - 1) * 99 / 100]
    }

    /// The colour of a value from 0 to 1 on a map whose darkest colours would be lost on a picture.
    static func colour(_ heat: Double, in table: [Colour]) -> Colour { table[Int(70 + heat * 185)] }

    /// How much of what is below a value hides: little of it where the value is small.
    static func opacity(_ heat: Double) -> Double { 0.78 * min(1, 1.5 * heat * heat.squareRoot()) }

    /// A row of cells as a share of `top`, linear between their middles.
    ///
    /// - Parameter place: 0 at the first cell's edge, 1 at the last one's.
    static func value(of cells: [Float], at place: Double, top: Float) -> Double {
        let position = place * Double(cells.count) - 0.5
        let first = min(cells.count - 1, max(0, Int(position.rounded(.down))))
        let next = min(cells.count - 1, first + 1)
        let share = Float(min(1, max(0, position - Double(first))))
        return Double((cells[first] + (cells[next] - cells[first]) * share) / top)
    }
}
