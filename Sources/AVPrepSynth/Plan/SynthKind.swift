/// A kind of object: its appearance, motion and sound. The mapping is the same in every corpus: it is the semantics
/// that a network can learn. Colour, size and pitch vary a little between objects.
package enum SynthKind: String, Sendable, Codable, CaseIterable {
    /// A red disc that bounces on the floor with a low thump.
    case ball
    /// An orange box that bounces on the floor with a wooden knock.
    case crate
    /// A pink ring that bounces on the floor with a plucked string.
    case hoop
    /// A green cross that flies from wall to wall and rattles: a train of clicks.
    case rattle
    /// A cyan diamond that flies from wall to wall with a high glassy ping.
    case gem
    /// A yellow triangle that swells and lights up to the sound of a bell with inharmonic partials.
    case bell
    /// A violet star that swells and lights up with a rising chirp.
    case star
    /// A blue hammer that strikes its anvil with a metallic clank.
    case hammer

    /// How an object of this kind produces its events.
    enum Behaviour {
        /// Flies in arcs, hits the floor.
        case bounce
        /// Flies straight, hits the left and the right wall in turn.
        case shuttle
        /// Hangs nearly still, swells and flashes.
        case pulse
        /// Turns about a pivot and strikes.
        case strike
    }

    var behaviour: Behaviour {
        switch self {
        case .ball, .crate, .hoop: .bounce
        case .rattle, .gem: .shuttle
        case .bell, .star: .pulse
        case .hammer: .strike
        }
    }

    var shape: Shape {
        switch self {
        case .ball: .disc
        case .crate, .hammer: .box
        case .hoop: .ring
        case .rattle: .cross
        case .gem: .diamond
        case .bell: .triangle
        case .star: .star
        }
    }

    /// Centre of the colour family, in degrees on the colour circle.
    var hueDegrees: Double {
        switch self {
        case .ball: 2
        case .crate: 28
        case .bell: 54
        case .rattle: 125
        case .gem: 180
        case .hammer: 215
        case .star: 275
        case .hoop: 328
        }
    }

    /// Radius relative to the video's usual one.
    var relativeRadius: Double {
        switch self {
        case .ball, .star: 1
        case .crate: 1.05
        case .hoop, .bell: 1.1
        case .rattle: 0.95
        case .gem: 0.9
        case .hammer: 1.15
        }
    }
}

extension SynthSettings {
    /// The kinds of objects that occur, in the order in which they are declared.
    var occurringKinds: [SynthKind] {
        objectKinds.isEmpty ? SynthKind.allCases : SynthKind.allCases.filter(objectKinds.contains)
    }
}
