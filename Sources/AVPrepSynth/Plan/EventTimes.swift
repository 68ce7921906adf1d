package import AVPrepCore

/// Draws the times of an object's events: irregular, so that shifted audio never matches its video.
package struct EventTimes {
    /// Shortest and longest time between two events.
    package let gap: ClosedRange<Double>
    /// Minimum distance between events of different objects, in seconds, so that each is seen and heard.
    static let separation = 0.12
    /// Minimum distance of events from edges (cuts, starts of silence and freeze), in seconds.
    static let clearance = 0.08

    /// - Parameter gap: in seconds.
    package init(gap: ClosedRange<Double>) { self.gap = gap }

    /// Draws the times of one object within `range`.
    ///
    /// Each gap is uniform in ``gap`` and differs from the previous one by at least a fifth of the spread: no two
    /// consecutive gaps are alike. Where an edge or another object's event is in the way the event is moved a little
    /// later.
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

    /// The next time to try after `time`, or nil when `time` itself is free.
    private func firstFreeTime(from time: Double, avoiding taken: [Double], edges: [Double]) -> Double? {
        if let other = taken.first(where: { abs($0 - time) < Self.separation }) {
            return other + Self.separation + 1e-6
        }
        if let edge = edges.first(where: { abs($0 - time) < Self.clearance }) { return edge + Self.clearance + 1e-6 }
        return nil
    }
}
