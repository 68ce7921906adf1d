/// What can be said of a number that changes during a clip. `floor` is the size of changes that do not count, in the
/// series' own unit: no picture shows them.
struct Series {
    let values: [Float]
    let floor: Float

    init(_ values: some Sequence<Float>, floor: Float) {
        self.values = Array(values)
        self.floor = floor
    }

    var mean: Float { values.isEmpty ? 0 : values.reduce(0, +) / Float(values.count) }

    /// Deviation over the clip.
    var deviation: Float {
        let mean = mean
        guard values.count > 1 else { return 0 }
        return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(values.count)).squareRoot()
    }

    /// How much it grows from the clip's start to its end, by the straight line that fits best; the floor and less are 0.
    /// Played backwards it has the other sign.
    var growth: Float {
        guard values.count > 2 else { return 0 }
        let middle = Float(values.count - 1) / 2
        var product: Float = 0
        var square: Float = 0
        for (index, value) in values.enumerated() {
            product += (Float(index) - middle) * value
            square += (Float(index) - middle) * (Float(index) - middle)
        }
        return Self.beyond(floor, product / square * Float(values.count - 1))
    }

    /// Between -1 (slow rises and sudden falls) and 1 (sudden rises and slow falls). Played backwards it has the other
    /// sign.
    var suddenness: Float {
        guard values.count > 2 else { return 0 }
        let steps = zip(values.dropFirst(), values).map { $0 - $1 }
        let cubes = steps.reduce(0) { $0 + $1 * $1 * $1 }
        let sizes = steps.reduce(0) { $0 + abs($1 * $1 * $1) } + floor * floor * floor * Float(steps.count)
        return sizes > 0 ? cubes / sizes : 0
    }

    /// Towards 0 by the floor.
    static func beyond(_ floor: Float, _ value: Float) -> Float {
        value > floor ? value - floor : value < -floor ? value + floor : 0
    }
}
