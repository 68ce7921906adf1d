import AVPrepCore
import Foundation

/// Draws what an `arrow` corpus shows: things whose motion tells time's direction, and cues that tell it, too, though they should not.
struct ArrowPlanner {
    let settings: SynthSettings
    let number: Int

    /// Camera motion that follows convention, forwards; the rest does the opposite.
    private static let conventional = 0.9

    // MARK: - Cues

    /// Black framing whose remains creep outwards, and a camera that zooms in or tilts down, each in its share of the videos
    /// (low-discrepancy sequences, so that any first videos have these shares, and both are nearly independent).
    var cues: [SynthCue] {
        var cues: [SynthCue] = []
        if Self.falls(number, in: settings.blackFraming, step: 0.618_033_988_749_895) { cues.append(.blackBars(bars)) }
        if Self.falls(number, in: settings.cameraMotion, step: 0.414_213_562_373_095) { cues.append(camera) }
        return cues
    }

    private static func falls(_ number: Int, in share: Double, step: Double) -> Bool {
        (0.5 + Double(number) * step).truncatingRemainder(dividingBy: 1) < share
    }

    private func random(_ part: String) -> SeededRandom {
        SeededRandom(seed: settings.seed, for: "synth/\(number)/arrow/\(part)")
    }

    /// Bars above and below, in two of five videos at the sides, too.
    private var bars: SynthCue.BlackBars {
        var random = random("framing")
        func width(_ side: Int, _ shares: ClosedRange<Double>, _ random: inout SeededRandom) -> Int {
            max(2, Int(Double(side) * random.uniform(shares) / 2) * 2)
        }
        var bars = SynthCue.BlackBars(level: random.below(4))
        bars.top = width(settings.height, 0.11...0.16, &random)
        bars.bottom = bars.top
        if random.happens(0.4) {
            bars.left = width(settings.width, 0.09...0.13, &random)
            bars.right = bars.left
        }
        bars.creep = Double(settings.height) * random.uniform(0.12...0.22)
        return bars
    }

    /// Zooms in, or tilts down (so that the picture goes up), all the time.
    private var camera: SynthCue {
        var random = random("camera")
        let isConventional = random.happens(Self.conventional)
        let end = settings.seconds
        func knots(_ first: SynthCue.CameraPath.Knot, _ last: SynthCue.CameraPath.Knot) -> SynthCue.CameraPath {
            var (first, last) = isConventional ? (first, last) : (last, first)
            first.seconds = 0
            last.seconds = end
            return SynthCue.CameraPath(knots: [first, last])
        }
        if random.happens(0.5) {
            // As fast in long videos as in short ones, up to twice the size.
            let rate = random.uniform(0.1...0.16)
            return .zoom(knots(.init(seconds: 0), .init(seconds: 0, zoom: min(2, exp(rate * end)))))
        }
        // The picture's texture ends at three tenths of its longer side.
        let reach = min(0.28 * Double(settings.width), Double(settings.height) * random.uniform(0.055...0.09) * end)
        let aside = reach * random.uniform(-0.25...0.25)
        return .pan(knots(.init(seconds: 0, x: aside, y: reach), .init(seconds: 0, x: -aside, y: -reach)))
    }

    // MARK: - Things

    /// Two things of different kinds, or three, in front of `stage`: left, top, right, bottom, whose bottom is the floor.
    func things(on stage: SIMD4<Double>, sceneHeight: Double) -> [SynthPlan.Thing] {
        var random = random("things")
        let count = 2 + (random.happens(0.5) ? 1 : 0)
        return random.shuffled(ArrowKind.allCases).prefix(count).map { kind in
            let shapes: [Shape] = [.disc, .box, .ring, .cross, .diamond, .triangle, .star]
            let side = stage.w - stage.y
            var thing = SynthPlan.Thing(
                kind: kind, shape: shapes[random.below(shapes.count)],
                colour: Colour.fromHue(
                    random.uniform(0...360), saturation: random.uniform(0.35...0.95), value: random.uniform(0.55...1)),
                radius: side * random.uniform(0.12...0.17), episodes: [])
            var seconds = -random.uniform(0...1.2)
            while seconds < settings.seconds {
                let episode = episode(of: thing, from: seconds, on: stage, sceneHeight: sceneHeight, &random)
                thing.episodes.append(episode)
                seconds = episode.endSeconds + random.uniform(0.1...0.3 + 1.2 * settings.difficulty)
            }
            return thing
        }
    }

    private func episode(
        of thing: SynthPlan.Thing, from start: Double, on stage: SIMD4<Double>, sceneHeight: Double,
        _ random: inout SeededRandom
    ) -> SynthPlan.Episode {
        let (width, height) = (stage.z - stage.x, stage.w - stage.y)
        let way = random.happens(0.5) ? 1.0 : -1.0
        let middle = (stage.x + stage.z) / 2
        var episode = SynthPlan.Episode(
            startSeconds: start, endSeconds: start,
            place: SIMD2(stage.x + width * random.uniform(0.15...0.85), stage.y + height * random.uniform(0...0.2)),
            velocity: .zero, gravity: height * random.uniform(1.3...2), friction: width * random.uniform(0.35...0.6),
            floor: stage.w, restitution: random.uniform(0.55...0.75), seed: random.planSeed())
        let length: Double
        switch thing.kind {
        case .fall:
            // Beyond what a tilting camera shows.
            let beyond = 0.4 * sceneHeight + thing.radius
            episode.place.y = -beyond
            episode.velocity = SIMD2(way * width * random.uniform(0...0.15), height * random.uniform(0.1...0.3))
            let (speed, way) = (episode.velocity.y, sceneHeight + 2 * beyond)
            length = (-speed + (speed * speed + 2 * episode.gravity * way).squareRoot()) / episode.gravity
        case .bounce:
            episode.place.x = middle - way * width * random.uniform(0.15...0.4)
            episode.velocity.x = way * width * random.uniform(0.1...0.3)
            length = random.uniform(2...2.8)
        case .slide:
            episode.place = SIMD2(middle - way * width * random.uniform(0.3...0.42), stage.w - thing.radius)
            episode.velocity.x = way * (2 * episode.friction * width * random.uniform(0.5...0.75)).squareRoot()
            length = abs(episode.velocity.x) / episode.friction + random.uniform(0.2...0.5)
        case .shatter: length = random.uniform(1.9...2.5)
        case .diffuse:
            episode.place.y = stage.y + height * random.uniform(0.3...0.65)
            episode.velocity = width * 0.06 * SIMD2(random.uniform(-1...1), random.uniform(-1...1))
            length = random.uniform(1.2...2)
        }
        episode.endSeconds = start + length
        return episode
    }
}
