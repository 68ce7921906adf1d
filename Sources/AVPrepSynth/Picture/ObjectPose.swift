import Foundation

/// The appearance of an object at a moment. A pure function of the object and the time, so a frame shows the state at
/// its own presentation time, whatever the frame rate.
struct ObjectPose {
    /// Centre of the object, in scene pixels; of the hammer's head for a hammer.
    var place: SIMD2<Double>
    /// Size along x and y as multiples of the radius: squash and swelling.
    var stretch = SIMD2<Double>(1, 1)
    /// Clockwise rotation in radians.
    var angle = 0.0
    /// 0 … 1: how much the object glows white.
    var flash = 0.0
    /// Position of the last impact: centre of its glow, in scene pixels.
    var impact: SIMD2<Double>
    /// Seconds since the last impact, and its strength; infinite and 0 before the first.
    var age = Double.infinity
    var strength = 0.0
    /// The hammer's pivot.
    var pivot: SIMD2<Double>?

    /// Longest visible effect of an impact, in seconds.
    static let impactSeconds = 0.4
    /// Time constant of flash and swelling, in seconds: two frames at 25 fps.
    private static let flashSeconds = 0.09
    /// Time constant of the squash.
    private static let squashSeconds = 0.07
    /// Time between the start of a hammer's fall and its strike, in seconds.
    private static let fallSeconds = 0.13
    /// Angle of a raised hammer above the horizontal.
    private static let raisedRadians = 1.15

    init(of object: SynthPlan.Object, at seconds: Double) {
        let stations = object.stations
        precondition(stations.count >= 2, "an object needs a station before and after its scene")
        var low = 0
        var high = stations.count - 1
        while high - low > 1 {
            let middle = (low + high) / 2
            if stations[middle].seconds <= seconds { low = middle } else { high = middle }
        }
        let from = stations[low]
        let to = stations[high]
        let gap = to.seconds - from.seconds
        let share = min(1, max(0, (seconds - from.seconds) / gap))
        place = from.place + (to.place - from.place) * share
        impact = from.place
        if from.sounds {
            age = max(0, seconds - from.seconds)
            strength = 0.55 + 0.45 * from.strength
            flash = strength * object.salience * exp(-age / Self.flashSeconds)
        }
        let squash = from.sounds ? strength * exp(-age / Self.squashSeconds) : 0

        switch object.kind.behaviour {
        case .bounce:
            place.y -= 4 * from.arc * share * (1 - share)
            stretch = SIMD2(1 + 0.45 * squash, 1 - 0.45 * squash)
            // The squashed object still touches the floor.
            place.y += object.radius * 0.45 * squash
            impact.y += object.radius
        case .shuttle:
            stretch = SIMD2(1 - 0.45 * squash, 1 + 0.45 * squash)
            let wall = from.place.x < to.place.x ? -1.0 : 1.0
            place.x += wall * object.radius * 0.45 * squash
            impact.x += wall * object.radius
            angle = share * Double.pi / 2 * -wall
        case .pulse:
            let swelling = from.sounds ? strength * exp(-age / Self.flashSeconds) : 0
            let size = 0.8 + 0.75 * swelling
            stretch = SIMD2(size, size)
            angle = 0.25 * sin(2 * seconds + object.pitch * 20)
        case .strike:
            let falling = to.sounds ? max(0, 1 - (to.seconds - seconds) / Self.fallSeconds) : 0
            let raised = from.sounds ? 1 - exp(-(age * age) / 0.012) : 1
            let lift = raised * (1 - falling * falling)
            let reach = object.radius * 1.7
            let hinge = SIMD2(from.place.x - reach, from.place.y - object.radius * 0.9)
            pivot = hinge
            angle = -Self.raisedRadians * lift
            impact = SIMD2(from.place.x, from.place.y + object.radius * 0.1)
            place = hinge + reach * SIMD2(cos(angle), sin(angle))
        }
    }

    /// Around the object, without its light, in scene pixels: of a hammer its head.
    func extent(of object: SynthPlan.Object) -> SynthPlan.Box {
        let sides = object.radius * (pivot == nil ? stretch : Self.headSides)
        // Of a turned ellipse.
        let (along, across) = (SIMD2(cos(angle), sin(angle)) * sides.x, SIMD2(-sin(angle), cos(angle)) * sides.y)
        let reach = SIMD2(
            (along.x * along.x + across.x * across.x).squareRoot(),
            (along.y * along.y + across.y * across.y).squareRoot())
        let (low, high) = (place - reach, place + reach)
        return SynthPlan.Box(left: low.x, top: low.y, right: high.x, bottom: high.y)
    }

    /// Half the sides of a hammer's head, as multiples of the radius.
    static let headSides = SIMD2<Double>(0.5, 0.85)
}

extension SynthPlan {
    /// Where an object shows at `seconds`, within the part of the stored picture that its bars leave free; nil where it does not.
    package func box(of object: Object, at seconds: Double) -> Box? {
        var moment = seconds
        if let freeze, freeze.contains(seconds) { moment = freeze.startSeconds }
        guard object.isSeen, object.scene == scenes.lastIndex(where: { $0.startSeconds <= moment }) ?? 0 else {
            return nil
        }
        return shown(ObjectPose(of: object, at: moment).extent(of: object), at: moment)
    }
}
