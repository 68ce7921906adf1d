package import AVPrepCore

/// When an object makes its sounds: irregularly, so that a shifted sound never fits its picture.
package struct EventTimes {
    /// Shortest and longest time between two sounds.
    package let gap: ClosedRange<Double>
    /// Events of different objects are at least so far apart, in seconds, so that each is seen and heard.
    static let separation = 0.12
    /// Events keep so far away from edges (cuts, starts of silence and freeze), in seconds.
    static let clearance = 0.08

    /// - Parameter gap: in seconds.
    package init(gap: ClosedRange<Double>) { self.gap = gap }

    /// Draws the times of one object within `range`.
    ///
    /// Each gap is uniform in ``gap`` and differs from the one before by at least a fifth of the spread: no two gaps
    /// in a row are alike. Where an edge or another object's event is in the way the event comes a little later.
    ///
    /// - Parameters:
    ///   - taken: times of the other objects' events.
    ///   - edges: times that no event may come near.
    package func draw(
        in range: ClosedRange<Double>, avoiding taken: [Double], edges: [Double], random: inout SeededRandom
    ) -> [Double] {
        let spread = gap.upperBound - gap.lowerBound
        var times: [Double] = []
        var previousGap = 0.0
        var next = range.lowerBound + random.uniform(0...gap.lowerBound + 0.25 * spread)
        while true {
            while let later = firstFreeTime(from: next, avoiding: taken, edges: edges) { next = later }
            guard next <= range.upperBound else { return times }
            times.append(next)
            var drawn = random.uniform(gap)
            while abs(drawn - previousGap) < 0.2 * spread { drawn = random.uniform(gap) }
            previousGap = drawn
            next += drawn
        }
    }

    /// A time after `time` to try next, or nil when nothing is in the way of `time` itself.
    private func firstFreeTime(from time: Double, avoiding taken: [Double], edges: [Double]) -> Double? {
        if let other = taken.first(where: { abs($0 - time) < Self.separation }) {
            return other + Self.separation + 1e-6
        }
        if let edge = edges.first(where: { abs($0 - time) < Self.clearance }) { return edge + Self.clearance + 1e-6 }
        return nil
    }
}
