import AVPrepCore
import Foundation

/// What a thing of an `arrow` corpus looks like at a moment: a pure function of the thing and the time.
struct ArrowPose {
    /// A shape that is drawn.
    struct Part {
        var place: SIMD2<Double>
        var radius: Double
        /// Clockwise rotation in radians.
        var angle = 0.0
        /// Factor on the thing's colour.
        var light: Float = 1
    }

    /// In the order in which they are drawn; none while the thing is not there.
    private(set) var parts: [Part] = []

    /// A thing appears and vanishes by growing and shrinking for so long: the same either way, so that this tells nothing.
    static let growSeconds = 0.16
    private static let pieces = 8
    private static let specks = 26
    /// Slower things lie on the floor.
    private static let restSpeed = 10.0

    init(of thing: SynthPlan.Thing, at seconds: Double) {
        guard let episode = thing.episodes.last(where: { $0.startSeconds <= seconds }), seconds < episode.endSeconds
        else { return }
        let age = seconds - episode.startSeconds
        let size = min(1, age / Self.growSeconds, (episode.endSeconds - seconds) / Self.growSeconds)
        switch thing.kind {
        case .fall:
            let place =
                episode.place + episode.velocity * age + SIMD2(0, 0.5 * episode.gravity * age * age)
            parts = [Part(place: place, radius: thing.radius, angle: episode.velocity.x * age / thing.radius)]
        case .bounce, .slide:
            let body = Self.body(episode, radius: thing.radius, at: age)
            parts = [Part(place: body.place, radius: thing.radius * size, angle: body.angle)]
        case .shatter: parts = Self.shattered(thing, episode, at: age, size: size)
        case .diffuse: parts = Self.spread(thing, episode, at: age, size: size)
        }
        // Smaller ones are not to be seen.
        parts.removeAll { $0.radius < 0.5 }
    }

    /// The rectangle around all parts, in scene pixels; nil while there are none.
    var extent: SynthPlan.Box? {
        guard let first = parts.first else { return nil }
        func box(_ part: Part) -> SynthPlan.Box {
            SynthPlan.Box(
                left: part.place.x - part.radius, top: part.place.y - part.radius, right: part.place.x + part.radius,
                bottom: part.place.y + part.radius)
        }
        return parts.dropFirst().reduce(box(first)) { all, part in
            let own = box(part)
            return SynthPlan.Box(
                left: min(all.left, own.left), top: min(all.top, own.top), right: max(all.right, own.right),
                bottom: max(all.bottom, own.bottom))
        }
    }

    /// Flies, bounces and slides until friction stops it.
    private static func body(
        _ episode: SynthPlan.Episode, radius: Double, at age: Double
    ) -> (place: SIMD2<Double>, angle: Double) {
        let lowest = episode.floor - radius
        var place = episode.place
        var velocity = episode.velocity
        var left = age
        while place.y < lowest - 1e-9 || velocity.y < 0 {
            let landing = Self.landing(from: place.y, to: lowest, velocity.y, episode.gravity)
            let step = min(left, landing)
            place += velocity * step + SIMD2(0, 0.5 * episode.gravity * step * step)
            velocity.y += episode.gravity * step
            left -= step
            if left <= 0 { break }
            place.y = lowest
            velocity = SIMD2(0.85 * velocity.x, -episode.restitution * velocity.y)
            if -velocity.y < Self.restSpeed { velocity.y = 0 }
        }
        if left > 0, velocity.x != 0 {
            let moving = min(left, abs(velocity.x) / episode.friction)
            let way = velocity.x.sign == .minus ? -1.0 : 1.0
            place.x += velocity.x * moving - way * 0.5 * episode.friction * moving * moving
        }
        return (place, (place.x - episode.place.x) / radius)
    }

    /// Seconds until something at `from` with this speed downwards is at `to`, which is no higher.
    private static func landing(from: Double, to: Double, _ speed: Double, _ gravity: Double) -> Double {
        (-speed + (speed * speed + 2 * gravity * max(0, to - from)).squareRoot()) / gravity
    }

    private static func shattered(
        _ thing: SynthPlan.Thing, _ episode: SynthPlan.Episode, at age: Double, size: Double
    ) -> [Part] {
        let impact = landing(
            from: episode.place.y, to: episode.floor - thing.radius, episode.velocity.y, episode.gravity)
        if age < impact {
            let body = body(episode, radius: thing.radius, at: age)
            return [Part(place: body.place, radius: thing.radius * size, angle: body.angle)]
        }
        let body = body(episode, radius: thing.radius, at: impact)
        var random = SeededRandom(seed: UInt64(episode.seed), for: "pieces")
        return (0..<Self.pieces).map { number in
            let turn = 2 * Double.pi * (Double(number) + random.uniform(-0.3...0.3)) / Double(Self.pieces)
            let direction = SIMD2(cos(turn), sin(turn))
            var piece = episode
            piece.place = body.place + 0.5 * thing.radius * direction
            // Upwards and to the sides: what breaks on a floor.
            piece.velocity = random.uniform(0.6...1.2) * thing.radius * SIMD2(5 * direction.x, 2.5 * direction.y - 4)
            piece.restitution = 0.35
            let radius = thing.radius * random.uniform(0.32...0.46)
            let flown = Self.body(piece, radius: radius, at: age - impact)
            return Part(
                place: flown.place, radius: radius * size, angle: flown.angle + turn,
                light: Float(random.uniform(0.75...1.15)))
        }
    }

    private static func spread(
        _ thing: SynthPlan.Thing, _ episode: SynthPlan.Episode, at age: Double, size: Double
    ) -> [Part] {
        var random = SeededRandom(seed: UInt64(episode.seed), for: "specks")
        let length = episode.endSeconds - episode.startSeconds
        // As far as the root of the time: diffusion.
        let reach = thing.radius * (0.5 + 2.6 * (age / length).squareRoot())
        return (0..<Self.specks).map { _ in
            let turn = random.uniform(0...2 * Double.pi)
            let far = random.unit().squareRoot()
            return Part(
                place: episode.place + episode.velocity * age + reach * far * SIMD2(cos(turn), sin(turn)),
                radius: thing.radius * random.uniform(0.16...0.3) * size, angle: turn,
                light: Float(random.uniform(0.6...1.2)))
        }
    }
}

extension SynthPlan {
    /// Where a thing shows at `seconds`, within the part of the stored picture that its bars leave free; nil where it does not.
    package func box(of thing: Thing, at seconds: Double) -> Box? {
        ArrowPose(of: thing, at: seconds).extent.flatMap { shown($0, at: seconds) }
    }

    /// A box of the scene in the stored picture, within what bars leave free; nil where nothing of it shows.
    func shown(_ box: Box, at seconds: Double) -> Box? {
        let (low, high) = (
            shown(SIMD2(box.left, box.top), at: seconds), shown(SIMD2(box.right, box.bottom), at: seconds)
        )
        let corner = SIMD2(Double(bars?.left ?? 0), Double(bars?.top ?? 0))
        let box = Box(
            left: max(corner.x, low.x), top: max(corner.y, low.y), right: min(corner.x + Double(sceneWidth), high.x),
            bottom: min(corner.y + Double(sceneHeight), high.y))
        // Less than a pixel is not seen.
        return box.right - box.left >= 1 && box.bottom - box.top >= 1 ? box : nil
    }
}
