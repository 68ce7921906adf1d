/// A kind of action that can be heard, as a film in sync shows it. Each has times of its own: what is heard is seldom
/// where the picture changes most.
package enum ActionKind: String, Sendable, CaseIterable {
    /// A knife: a short cut, a rest on the board, and a quicker lift that moves the hand too.
    case chop
    /// A hammer that rebounds at once.
    case hammer
    /// Two hands that meet.
    case clap
    /// Lips that part before the voice.
    case talk
    /// Feet that rest on the ground while the other foot moves.
    case walk
    /// A dancer around the beat.
    case dance
    /// Lights in the dark, heard up to a second later.
    case fireworks
    /// Two sticks that rebound at once.
    case drum
    /// Things that fall and stay, and are lifted later.
    case drop
    /// A bat that swings on through the ball.
    case swing
    /// A blow after the bang: nothing moves before.
    case recoil
    /// Fingers on keys.
    case tap
    /// To and fro, at any phase.
    case saw
    /// An axe, 20 to 120 m away.
    case distantStrokes = "distant strokes"
    /// Knuckles on a door, two to five times a second.
    case knock
    /// A throw, and the impact of what was thrown.
    case flight
    /// Someone who starts at a sound.
    case reaction

    /// Ranges of the values of one action; times in seconds.
    struct Ranges {
        var approach = 0.1...0.25
        /// Above 1: it is fastest at the end.
        var approachPower = 1.0...1.8
        var rest = 0.0...0.1
        var retreat = 0.15...0.4
        var retreatPower = 0.7...1.3
        /// Size of what moves along, relative to what strikes.
        var hand = 1.0
        /// Standard deviation of the sound's time.
        var jitter = 0.015
        /// The sound's delay.
        var delay = 0.0...0.0
        var gap = 0.45...1.4
        /// Number of things that take turns.
        var turns = 1
        /// Amplitude of a slow sway of the picture, in pixels.
        var sway = 0.3
    }

    var ranges: Ranges {
        switch self {
        case .chop:
            Ranges(
                approach: 0.08...0.16, approachPower: 0.9...1.6, rest: 0.02...0.14, retreat: 0.08...0.2,
                retreatPower: 0.5...1.2, hand: 1.5, jitter: 0.012)
        case .hammer:
            Ranges(
                approach: 0.08...0.2, approachPower: 1.2...2.2, rest: 0...0.06, retreat: 0.2...0.5, hand: 0.8,
                jitter: 0.01)
        case .clap: Ranges(rest: 0.03...0.15, retreatPower: 0.8...1.4, jitter: 0.02)
        case .talk:
            Ranges(
                approach: 0.12...0.25, approachPower: 0.8...1.3, rest: 0...0.08, retreat: 0.1...0.3, hand: 0,
                jitter: 0.05, delay: -0.15...0.05, sway: 1.5)
        case .walk:
            Ranges(
                approach: 0.25...0.4, approachPower: 0.5...0.9, rest: 0.1...0.25, retreat: 0.2...0.35, hand: 0,
                jitter: 0.02, turns: 2, sway: 1)
        case .dance: Ranges(approach: 0.2...0.4, retreat: 0.2...0.5, jitter: 0.08, sway: 2)
        case .fireworks: Ranges(jitter: 0.01, delay: 0.15...0.95)
        case .drum:
            Ranges(
                approach: 0.04...0.1, approachPower: 1.1...1.9, rest: 0...0.02, retreat: 0.05...0.15,
                retreatPower: 0.5...0.9, hand: 0.6, jitter: 0.008, turns: 2)
        case .drop:
            Ranges(
                approach: 0.2...0.5, approachPower: 1.5...2.2, rest: 0.3...0.6, retreat: 0.3...0.6, jitter: 0.01)
        case .swing: Ranges(approach: 0.08...0.2, approachPower: 1...1.6, retreat: 0.1...0.25)
        case .recoil: Ranges(approach: 0.04...0.12, rest: 0.03...0.1, hand: 1.2, jitter: 0.01)
        case .tap:
            Ranges(
                approach: 0.05...0.12, rest: 0.02...0.08, retreat: 0.06...0.15, hand: 0.3, jitter: 0.02,
                gap: 0.2...0.6)
        case .saw:
            Ranges(
                approach: 0.15...0.3, approachPower: 0.8...1.2, rest: 0...0.02, retreat: 0.2...0.4, jitter: 0.02,
                delay: -0.1...0.1, gap: 0.4...0.8)
        case .distantStrokes:
            Ranges(
                approach: 0.12...0.3, approachPower: 1.2...2, rest: 0.1...0.4, retreat: 0.3...0.6, hand: 1.2,
                delay: 0.06...0.35)
        case .knock:
            Ranges(
                approach: 0.05...0.12, rest: 0...0.04, retreat: 0.06...0.12, hand: 1.2, jitter: 0.01, gap: 0.2...0.5)
        case .flight: Ranges(approach: 0.06...0.15, retreat: 0.2...0.5, jitter: 0.02, delay: 0.25...0.8)
        case .reaction: Ranges(approach: 0.05...0.15, rest: 0.05...0.2, jitter: 0.05, delay: -0.4 ... -0.15)
        }
    }
}
