/// Statistics of intervals in seconds: between displayed pictures, or between key frames.
package struct IntervalMeasure: Sendable, Equatable, Codable {
    /// Number of intervals.
    package var count: Int
    package var minimum: Double
    package var median: Double
    package var mean: Double
    package var maximum: Double
    /// Fraction of intervals that differ from the median by more than a tenth of it, 0 to 1: a measure of a variable
    /// rate.
    package var irregularShare: Double
}

/// Collects intervals in bounded memory.
struct IntervalHistogram {
    private var bins: [Int32: (count: Int, seconds: Double)] = [:]
    private var minimum = Double.infinity
    private var maximum = 0.0
    private let binSeconds: Double

    /// Intervals of at least this many bins share one bin.
    private static let binCount: Int32 = 100_000

    /// - Parameter binSeconds: intervals closer to each other than this may count as equal.
    init(binSeconds: Double) { self.binSeconds = binSeconds }

    mutating func add(_ seconds: Double) {
        guard seconds >= 0, seconds.isFinite else { return }
        let bin = Int32(min(Double(Self.binCount), (seconds / binSeconds).rounded()))
        let (count, sum) = bins[bin] ?? (0, 0)
        bins[bin] = (count + 1, sum + seconds)
        minimum = min(minimum, seconds)
        maximum = max(maximum, seconds)
    }

    /// Nil when no interval was added.
    var measure: IntervalMeasure? {
        let count = bins.values.reduce(0) { $0 + $1.count }
        guard count > 0 else { return nil }
        var before = 0
        var median = maximum
        let sorted = bins.sorted { $0.key < $1.key }.map(\.value)
        for bin in sorted {
            before += bin.count
            guard 2 * before >= count else { continue }
            median = bin.seconds / Double(bin.count)
            break
        }
        let irregular = sorted.filter { abs($0.seconds / Double($0.count) - median) > 0.1 * median }
        return IntervalMeasure(
            count: count, minimum: minimum, median: median,
            mean: sorted.reduce(0) { $0 + $1.seconds } / Double(count), maximum: maximum,
            irregularShare: Double(irregular.reduce(0) { $0 + $1.count }) / Double(count))
    }
}
