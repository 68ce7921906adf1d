import AVPrepCore
package import AVPrepModel
import Foundation

/// A short video with known held pictures: the ground truth for freeze detection.
package struct StillCase: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        /// One picture, coarsely encoded: each key frame renders it a little differently.
        case held
        /// One picture under grain that changes with every frame.
        case grain
        /// A film that stops for more than two seconds.
        case stopped
        /// A picture that slowly zooms in, as photographs do in documentaries.
        case zoom
        /// A picture that slides by slowly.
        case slide
        /// A picture that sways by a pixel or less, as with a tripod in the wind.
        case sway
        /// One moving object in a static picture.
        case smallThing
        /// The same under grain.
        case grainyThing
        /// An ordinary moving scene.
        case moving

        /// Whether the picture is held for two seconds or all of the time.
        package var isStill: Bool { [.held, .grain, .stopped].contains(self) }
    }

    package let kind: Kind
    package let number: Int
    /// x264's constant quality.
    package let quality: Int
    package let frames: [PixelBuffer]

    /// Frames per second of every case.
    package static let fps = 25

    /// Draws a case.
    ///
    /// - Parameters:
    ///   - number: the case's own seed.
    ///   - scenes: moving, at 25 frames per second; content that slides, sways or grows must be visible in their first
    ///     frames.
    package init(_ kind: Kind, number: Int, scenes: [CaseScene], width: Int = 320, height: Int = 180) {
        var random = SeededRandom(seed: UInt64(number), for: "still-\(kind.rawValue)")
        self.kind = kind
        self.number = number
        quality = 18 + random.below(kind == .grain || kind == .grainyThing ? 11 : 17)
        let scene = scenes[random.below(scenes.count)]
        let rate = random.uniform(0.0004...0.003)
        let (right, down) = (random.uniform(0.08...0.6), random.uniform(-0.3...0.3))
        let grain = random.uniform(1.5...6)
        let thing = SwingingBox(width: width, height: height, &random)
        let stop = 15 + random.below(20)
        var state = random.next()
        let (amplitude, period) = (random.uniform(0.4...1), random.uniform(15...60))
        frames = (0..<100).map { index in
            let target = PixelBuffer(width: width, height: height, channels: 3)
            let picture: PixelBuffer =
                switch kind {
                case .moving: scene.frame(index)
                case .stopped: scene.frame(min(index, stop))
                default: scene.frames[0]
                }
            let (sx, sy) = (Double(picture.width) / Double(width), Double(picture.height) / Double(height))
            let time = Double(index)
            switch kind {
            case .zoom:
                let scale = 1 / (1 + rate * time)
                let (x0, y0) = (Double(width) / 2, Double(height) / 2)
                picture.resample(into: target) { x, y in
                    ((x0 + (Double(x) - x0) * scale) * sx, (y0 + (Double(y) - y0) * scale) * sy)
                }
            case .slide:
                picture.resample(into: target) { x, y in
                    let (u, v) = (0.7 * Double(x) + right * time, 0.7 * Double(y) + 0.15 * Double(height) + down * time)
                    return (u * sx, v * sy)
                }
            case .sway:
                let right = amplitude * sin(2 * .pi * time / period)
                picture.resample(into: target) { x, y in ((Double(x) + right) * sx, Double(y) * sy) }
            default: picture.stretch(into: target)
            }
            if kind == .smallThing || kind == .grainyThing { thing.paint(on: target, time: time) }
            if kind == .grain || kind == .grainyThing { target.addNoise(grain, &state) }
            return target
        }
    }

    /// Encodes the video with x264.
    package func write(_ path: String) throws {
        try CaseFilm.write(frames, fps: Self.fps, quality: quality, to: path)
    }
}

/// A box that swings to and fro.
private struct SwingingBox {
    private let x: Double
    private let y: Double
    private let side: Double
    private let reach: Double
    private let period: Double
    private let level: Double

    init(width: Int, height: Int, _ random: inout SeededRandom) {
        side = random.uniform(0.06...0.2) * Double(height)
        reach = random.uniform(0.03...0.2) * Double(height)
        period = random.uniform(12...50)
        x = random.uniform(0.2...0.7) * Double(width)
        y = random.uniform(0.1...0.8) * Double(height)
        level = random.unit() < 0.5 ? random.uniform(0...50) : random.uniform(200...255)
    }

    func paint(on picture: PixelBuffer, time: Double) {
        // A triangular swing: there and back in straight lines.
        let phase = (time / period).truncatingRemainder(dividingBy: 1)
        let left = x + reach * (phase < 0.5 ? 2 * phase : 2 - 2 * phase)
        for row in Int(y)..<min(picture.height, Int(y + side)) {
            for column in max(0, Int(left))..<min(picture.width, Int(left + side)) {
                picture.set(column, row, (level, level * 0.9, level * 0.8))
            }
        }
    }
}

extension PixelBuffer {
    /// Adds noise of a standard deviation, in levels, to every value.
    func addNoise(_ deviation: Double, _ state: inout UInt64) {
        for index in pixels.indices {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            // The sum of four bytes is close enough to normal.
            let bytes = state >> 32
            let sum = Double(bytes & 255) + Double(bytes >> 8 & 255) + Double(bytes >> 16 & 255) + Double(bytes >> 24)
            pixels[index] = UInt8(max(0, min(255, Double(pixels[index]) + deviation * (sum - 510) / 147.8 + 0.5)))
        }
    }
}
