import AVPrepCore
import AVPrepModel
import Foundation

/// An object that crosses the picture on its own path.
struct ForegroundObject {
    private let texture: SplineTexture
    private let radius: (x: Double, y: Double)
    /// Exponent of the superellipse: 2 is an ellipse; larger values approach a rectangle.
    private let exponent: Double
    private let start: (x: Double, y: Double)
    private let velocity: (x: Double, y: Double)
    private let picture: (width: Double, height: Double)

    /// Objects that together cover about `share` of the picture.
    static func several(
        _ share: Double, _ scenes: [CaseScene], width: Int, height: Int, _ random: inout SeededRandom,
        picture: (inout SeededRandom) -> PixelBuffer
    ) -> [ForegroundObject] {
        let count = 1 + random.below(3)
        guard share > 0.01 else { return [] }
        return (0..<count).map { _ in
            let texture = SplineTexture(picture(&random), width: width, height: height)
            let exponent = random.uniform(2...6)
            let area = 1.15 * share / Double(count) * Double(width * height)
            // Between an ellipse, π/4 of its box, and the box.
            let box = area / (.pi / 4 + (1 - .pi / 4) * min(1, (exponent - 2) / 4))
            let slimness = random.uniform(0.6...1.6)
            let y = min(0.5 * Double(height), (box / 4 / slimness).squareRoot())
            let x = min(0.5 * Double(width), box / 4 / y)
            return ForegroundObject(
                texture: texture, radius: (x, y), exponent: exponent,
                start: (random.uniform(0...Double(width)), random.uniform(0...Double(height))),
                velocity: (
                    random.uniform(-0.4...0.4) * Double(width), random.uniform(-0.2...0.2) * Double(width)
                ), picture: (Double(width), Double(height)))
        }
    }

    /// The object at one moment.
    struct Place {
        fileprivate let thing: ForegroundObject
        fileprivate let x: Double
        fileprivate let y: Double

        /// Coverage: 0 outside, 1 inside, a ramp over about two pixels.
        func cover(_ px: Double, _ py: Double) -> Double {
            let (u, v) = (abs(px - x) / thing.radius.x, abs(py - y) / thing.radius.y)
            guard u < 1.1, v < 1.1 else { return 0 }
            let distance = pow(pow(u, thing.exponent) + pow(v, thing.exponent), 1 / thing.exponent)
            return max(0, min(1, (1 - distance) * min(thing.radius.x, thing.radius.y) / 2 + 0.5))
        }

        func level(_ px: Double, _ py: Double) -> Double { thing.texture.level(px - x, py - y) }
    }

    /// Its position: it turns back where half of it would leave the picture.
    func place(at seconds: Double) -> Place {
        func bounced(_ position: Double, _ radius: Double, _ limit: Double) -> Double {
            let (low, high) = (
                min(radius, limit / 2) * 0.7, max(limit - radius, limit / 2) + 0.3 * min(radius, limit / 2)
            )
            let length = max(1, high - low)
            let turn = (position - low).truncatingRemainder(dividingBy: 2 * length)
            let inside = turn < 0 ? turn + 2 * length : turn
            return low + (inside < length ? inside : 2 * length - inside)
        }
        return Place(
            thing: self, x: bounced(start.x + velocity.x * seconds, radius.x, picture.width),
            y: bounced(start.y + velocity.y * seconds, radius.y, picture.height))
    }
}
