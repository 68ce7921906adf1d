import AVPrepCore
package import AVPrepModel
import Foundation

/// Two pictures with exactly known optical flow: the ground truth for flow.
///
/// Both pictures are views of smooth functions of the plane, sampled at integer pixels; they differ only in the
/// functions' arguments, so the truth is exact wherever nothing is occluded.
package struct FlowCase: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        /// Everything shifts by up to 1.5 pixels.
        case small
        /// By 2 to 8 pixels.
        case medium
        /// By 1/38 to 1/16 of the width: 12 to 28 pixels of 456.
        case large
        /// The picture rotates by 1 to 5 degrees.
        case rotation
        /// It grows or shrinks by 2 to 7 %.
        case zoom
        /// An object moves in front of the background and hides part of it.
        case occlusion
        /// Both pictures carry noise of 3 to 8 grey levels.
        case noise
        /// The second picture is lighter or darker, partly with a gradient.
        case light
        /// The picture is warped: no two neighbouring points move alike.
        case wave
        /// Five objects move independently in front of the background.
        case crowd
    }

    package let kind: Kind
    package let number: Int
    /// Grey.
    package let from: PixelBuffer
    package let to: PixelBuffer
    /// `[y, x, (dx, dy)]`: `from(x, y)` is seen at `to(x + dx, y + dy)`, or would be if it were not occluded.
    package let truth: [Float]

    /// Draws a case.
    ///
    /// - Parameters:
    ///   - number: the case's own seed.
    ///   - scenes: content of the views, at least one and preferably about twice as wide as the case.
    ///   - width: pixels per row.
    ///   - height: rows.
    package init(_ kind: Kind, number: Int, scenes: [CaseScene], width: Int, height: Int) {
        self.kind = kind
        self.number = number
        var random = SeededRandom(seed: UInt64(number), for: "flow-\(kind.rawValue)")
        let ground = Layer(
            texture: FlowTexture(scenes[number % scenes.count].frame(0), width: width, height: height),
            motion: .drawn(kind, width: width, height: height, &random))
        var layers = [ground]
        for _ in 0..<(kind == .occlusion ? 1 : kind == .crowd ? 5 : 0) {
            let other = scenes[(number + 1 + random.below(scenes.count)) % scenes.count].frame(0)
            layers.append(
                Layer(
                    texture: FlowTexture(other, width: width, height: height),
                    motion: .drawn(.medium, width: width, height: height, &random),
                    shape: .drawn(width: width, height: height, &random)))
        }
        truth = Self.truth(layers, width, height)
        var light = Light()
        if kind == .light { light = Light(&random) }
        let sigma = kind == .noise ? random.uniform(3...8) : 0
        from = Self.render(width, height, sigma, &random) { x, y in
            (layers.last { $0.covers(x, y) } ?? ground).texture.level(x, y)
        }
        to = Self.render(width, height, sigma, &random) { x, y in
            for layer in layers.reversed() {
                let source = layer.motion.inverse(x, y)
                if layer.covers(source.x, source.y) {
                    return light.apply(layer.texture.level(source.x, source.y), at: x / Double(width))
                }
            }
            return 0  // Unreachable: the background covers everything.
        }
    }

    private static func truth(_ layers: [Layer], _ width: Int, _ height: Int) -> [Float] {
        var truth = [Float](repeating: 0, count: 2 * width * height)
        for y in 0..<height {
            for x in 0..<width {
                let (px, py) = (Double(x), Double(y))
                guard let layer = layers.last(where: { $0.covers(px, py) }) else { continue }
                let target = layer.motion.apply(px, py)
                truth[2 * (y * width + x)] = Float(target.x - px)
                truth[2 * (y * width + x) + 1] = Float(target.y - py)
            }
        }
        return truth
    }

    private static func render(
        _ width: Int, _ height: Int, _ sigma: Double, _ random: inout SeededRandom, _ level: (Double, Double) -> Double
    ) -> PixelBuffer {
        let image = PixelBuffer(width: width, height: height, channels: 1)
        for y in 0..<height {
            for x in 0..<width {
                let noise = sigma > 0 ? sigma * random.normal() : 0
                let value = level(Double(x), Double(y)) + noise
                image.pixels[y * width + x] = UInt8(min(255, max(0, value)).rounded())
            }
        }
        return image
    }
}

/// A moving texture, everywhere or within an ellipse.
private struct Layer {
    let texture: FlowTexture
    let motion: FlowMotion
    var shape: Ellipse?

    func covers(_ x: Double, _ y: Double) -> Bool { shape?.covers(x, y) ?? true }
}

private struct Ellipse {
    let x: Double
    let y: Double
    let halfWidth: Double
    let halfHeight: Double

    static func drawn(width: Int, height: Int, _ random: inout SeededRandom) -> Ellipse {
        Ellipse(
            x: Double(width) * random.uniform(0.3...0.7), y: Double(height) * random.uniform(0.3...0.7),
            halfWidth: Double(width) * random.uniform(0.08...0.2),
            halfHeight: Double(height) * random.uniform(0.12...0.3))
    }

    func covers(_ px: Double, _ py: Double) -> Bool {
        let (dx, dy) = ((px - x) / halfWidth, (py - y) / halfHeight)
        return dx * dx + dy * dy < 1
    }
}

/// A change of light: contrast, brightness, and a brightness gradient to one side.
private struct Light {
    var gain = 1.0
    var offset = 0.0
    var tilt = 0.0

    init() {}

    init(_ random: inout SeededRandom) {
        gain = random.uniform(0.9...1.1)
        offset = random.uniform(-5...5)
        tilt = random.uniform(-12...12)
    }

    func apply(_ level: Double, at share: Double) -> Double { level * gain + offset + tilt * (share - 0.5) }
}
