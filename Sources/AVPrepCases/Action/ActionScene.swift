import AVPrepCore
import Foundation

/// What a film of an action shows at any time, and when it is heard.
struct ActionScene {
    private let kind: ActionKind
    /// When the things meet.
    private let times: [Double]
    private let ranges: ActionKind.Ranges
    private let (approach, approachPower, rest, retreat, retreatPower, delay):
        (Double, Double, Double, Double, Double, Double)
    private let ground: [Double]
    private let (stroke, size, centre): (SIMD2<Double>, Double, SIMD2<Double>)
    private let (level, handLevel): (Double, Double)
    private let (sway, swayHertz): (Double, Double)
    private let places: [SIMD2<Double>]
    /// Of the camera, in levels.
    let grain: Double

    private static let (width, height) = (57, 32)

    init(_ kind: ActionKind, seconds: Double, _ random: inout SeededRandom) {
        self.kind = kind
        let ranges = kind.ranges
        self.ranges = ranges
        let shortest = random.uniform(ranges.gap)
        let longest = shortest * random.uniform(1.1...2.2)
        // Also before and after the film: a skew moves their sounds into it.
        var times = [random.uniform(-1.5 ... -0.8)]
        while let last = times.last, last < seconds + 1.2 { times.append(last + random.uniform(shortest...longest)) }
        self.times = times
        approach = random.uniform(ranges.approach)
        approachPower = random.uniform(ranges.approachPower)
        rest = random.uniform(ranges.rest)
        retreat = random.uniform(ranges.retreat)
        retreatPower = random.uniform(ranges.retreatPower)
        delay = random.uniform(ranges.delay)
        let contrast = random.uniform(8...35)
        var waves: [(SIMD2<Double>, Double)] = []
        for _ in 0..<6 {
            waves.append((SIMD2(random.uniform(-0.5...0.5), random.uniform(-0.5...0.5)), random.uniform(0...6.3)))
        }
        ground = (0..<Self.width * Self.height).map { place in
            let (x, y) = (Double(place % Self.width), Double(place / Self.width))
            return 110 + contrast * waves.reduce(0) { $0 + sin($1.0.x * x + $1.0.y * y + $1.1) } / 2.5
        }
        let angle = random.uniform(-0.6...0.6)
        stroke = SIMD2(sin(angle), -cos(angle)) * random.uniform(3...13)
        size = random.uniform(1.5...4.5)
        centre = SIMD2(random.uniform(16...41), random.uniform(14...24))
        level = 110 + random.uniform(35...90) * (random.unit() < 0.5 ? 1 : -1)
        handLevel = 110 + random.uniform(20...70) * (random.unit() < 0.5 ? 1 : -1)
        sway = ranges.sway * random.uniform(0.15...0.75)
        swayHertz = random.uniform(0.2...0.8)
        places = times.map { _ in SIMD2(random.uniform(8...49), random.uniform(5...22)) }
        grain = random.uniform(0.3...2)
    }

    /// When the sounds begin, in a film in sync.
    func soundTimes(_ random: inout SeededRandom) -> [Double] {
        times.map { $0 + delay + ranges.jitter * random.normal() }
    }

    /// Grey levels at `time`, row by row.
    func levels(at time: Double, width: Int, height: Int) -> [Double] {
        precondition(width == Self.width && height == Self.height, "the scene has one size")
        if kind == .fireworks { return sky(at: time) }
        var levels = ground
        let slow = SIMD2(1, 0.4) * sway * sin(2 * .pi * swayHertz * time)
        for turn in 0..<ranges.turns {
            let own = times.enumerated().filter { $0.offset % ranges.turns == turn }.map(\.element)
            let away = stroke * distance(at: time, of: own)
            let place = centre + SIMD2(11 * Double(turn) - 5.5 * Double(ranges.turns - 1), 0) + away + slow
            if ranges.hand > 0 {
                let hand = place + stroke * (4 / max(1, (stroke * stroke).sum().squareRoot())) + SIMD2(3, 0)
                paint(&levels, at: hand, size: size * 1.2 * ranges.hand, aspect: 1.3, level: handLevel)
            }
            paint(&levels, at: place, size: size * 0.8, aspect: 2, level: level)
            if kind == .clap {
                paint(&levels, at: centre + SIMD2(0, 4) - away + slow, size: size, aspect: 1.5, level: level)
            }
        }
        return levels
    }

    private func paint(_ levels: inout [Double], at place: SIMD2<Double>, size: Double, aspect: Double, level: Double) {
        let (right, down) = (Int(size * aspect) + 2, Int(size) + 2)
        let (column, row) = (Int(place.x.rounded()), Int(place.y.rounded()))
        for y in (row - down..<row + down + 1).clamped(to: 0..<Self.height) {
            for x in (column - right..<column + right + 1).clamped(to: 0..<Self.width) {
                let across = (Double(x) - place.x) / aspect
                let far = (across * across + (Double(y) - place.y) * (Double(y) - place.y)).squareRoot()
                let share = max(0, min(1, size - far + 0.5))
                levels[y * Self.width + x] += share * (level - levels[y * Self.width + x])
            }
        }
    }

    /// How far the thing is from where it strikes: 1 at rest, 0 at the stroke.
    private func distance(at time: Double, of times: [Double]) -> Double {
        var nearest = 1.0
        for since in times.lazy.map({ time - $0 }) where since > -1.5 && since < 2 {
            let distance = distance(since: since)
            if abs(distance) < abs(nearest) || (kind == .swing && distance < 1 && since < 1) { nearest = distance }
        }
        return nearest
    }

    private func distance(since: Double) -> Double {
        func eased(_ share: Double, _ power: Double) -> Double { pow(max(0, min(1, share)), power) }
        switch kind {
        case .recoil, .reaction:
            if since < 0 { return 1 }
            let back = since - approach - rest
            return back < 0 ? 1 - eased(since / approach, 0.7) : eased(back / retreat, retreatPower)
        case .swing:
            if since < 0 { return 1 - eased((since + approach) / approach, approachPower) }
            let back = since - retreat - 0.05
            return back < 0 ? -eased(since / retreat, 1) : -1 + 2 * eased(back / 0.35, 1)
        default:
            if since < 0 { return 1 - eased((since + approach) / approach, approachPower) }
            return eased((since - rest) / retreat, retreatPower)
        }
    }

    private func sky(at time: Double) -> [Double] {
        var levels = ground.map { $0 * 0.3 }
        for (start, place) in zip(times, places) where time - start > -0.5 && time - start < 1.6 {
            let since = time - start
            if since < 0 {
                paint(&levels, at: place - SIMD2(0, 20 * since), size: 0.6, aspect: 1, level: 200)
                continue
            }
            let radius = 1 + 8 * (1 - exp(-3.5 * since))
            for index in levels.indices {
                let (x, y) = (Double(index % Self.width) - place.x, Double(index / Self.width) - place.y)
                let off = ((x * x + y * y).squareRoot() - radius) / 1.5
                levels[index] += 230 * exp(-2.2 * since) * exp(-off * off) + 60 * exp(-6 * since)
            }
        }
        return levels
    }
}
