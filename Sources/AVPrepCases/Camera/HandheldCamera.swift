import AVPrepCore
import Foundation

/// A hand-held camera: it shakes, and jerks now and then.
struct HandheldCamera {
    private var shift = (0.0, 0.0)
    private var speed = (0.0, 0.0)
    private var angle = 0.0
    private let width: Double
    private let height: Double

    /// Maps a pixel of the picture to the scene.
    struct View {
        let shift: (Double, Double)
        let cosine: Double
        let sine: Double
        let centre: (Double, Double)

        func apply(_ x: Double, _ y: Double) -> (Double, Double) {
            let (u, v) = (0.8 * (x - centre.0), 0.8 * (y - centre.1))
            return (centre.0 + cosine * u - sine * v + shift.0, centre.1 + sine * u + cosine * v + shift.1)
        }
    }

    init(_ isUsed: Bool, width: Int, height: Int, _ random: inout SeededRandom) {
        self.width = Double(width)
        self.height = Double(height)
    }

    mutating func next(_ random: inout SeededRandom) -> View {
        if random.unit() < 0.08 {
            speed.0 += random.uniform(-0.08...0.08) * width
            speed.1 += random.uniform(-0.05...0.05) * width
        }
        // Pulled back to the centre, and damped.
        speed = (0.7 * speed.0 - 0.1 * shift.0, 0.7 * speed.1 - 0.1 * shift.1)
        shift = (shift.0 + speed.0 + 0.6 * random.normal(), shift.1 + speed.1 + 0.6 * random.normal())
        angle = 0.8 * angle + 0.004 * random.normal()
        return View(shift: shift, cosine: cos(angle), sine: sin(angle), centre: (width / 2, height / 2))
    }
}

/// A whip pan: the camera turns away at great speed and comes to rest elsewhere.
struct WhipPan {
    private let start: Int
    private let duration: Int
    private let reach: Double

    init(length: Int, width: Int, _ random: inout SeededRandom) {
        duration = 6 + random.below(8)
        start = 4 + random.below(max(1, length - duration - 8))
        reach = random.uniform(0.8...2.5) * Double(width) * (random.unit() < 0.5 ? 1 : -1)
    }

    func offset(_ index: Int) -> Double {
        let time = max(0, min(1, Double(index - start) / Double(duration)))
        return reach * time * time * (3 - 2 * time)
    }
}
