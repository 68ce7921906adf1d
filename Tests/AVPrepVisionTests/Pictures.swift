import AVPrepCore
import AVPrepModel
import Foundation

@testable import AVPrepVision

/// A picture without end and without grid: a sum of waves in random directions, the longer the stronger, as in natural
/// pictures. It can be looked at anywhere between pixels, so a warped view of it is exact.
struct Texture {
    private let waves: [(x: Double, y: Double, phase: Double, amplitude: Double)]

    init(seed: UInt64, mean: Double = 128, contrast: Double = 1, waves count: Int = 18) {
        var random = SeededRandom(seed: seed)
        waves = (0..<count).map { _ in
            let length = 7 * pow(16, random.unit())
            let angle = random.uniform(0...(2 * .pi))
            return (
                2 * .pi * cos(angle) / length, 2 * .pi * sin(angle) / length, random.uniform(0...(2 * .pi)),
                contrast * 13.5 / Double(count).squareRoot() * length.squareRoot()
            )
        }
        self.mean = mean
    }

    private let mean: Double

    func level(at point: Point) -> Double {
        var sum = mean
        for wave in waves { sum += wave.amplitude * sin(wave.x * point.x + wave.y * point.y + wave.phase) }
        return sum
    }
}

enum Pictures {
    static func clip(_ level: Double) -> UInt8 { UInt8(min(255, max(0, level)).rounded()) }

    /// A picture with one value a pixel and channel.
    static func make(
        _ width: Int, _ height: Int, _ channels: Int, _ level: (_ x: Int, _ y: Int, _ channel: Int) -> Double
    )
        -> PixelBuffer
    {
        let image = PixelBuffer(width: width, height: height, channels: channels)
        var index = 0
        for y in 0..<height {
            for x in 0..<width {
                for channel in 0..<channels {
                    image.pixels[index] = clip(level(x, y, channel))
                    index += 1
                }
            }
        }
        return image
    }

    /// A grey view of `texture`: pixel (x, y) shows the texture at `toTexture(x, y)`.
    static func grey(_ width: Int, _ height: Int, of texture: Texture, _ toTexture: Homography = .identity)
        -> PixelBuffer
    {
        make(width, height, 1) { x, y, _ in texture.level(at: toTexture.apply(Point(Double(x), Double(y)))) }
    }

    /// A colour picture of a texture for each channel.
    static func colour(_ width: Int, _ height: Int, seed: UInt64, contrast: Double = 1, shift: Double = 0)
        -> PixelBuffer
    {
        let textures = (0..<3).map { Texture(seed: seed + UInt64($0) * 7919, contrast: contrast, waves: 8) }
        return make(width, height, 3) { x, y, channel in
            textures[channel].level(at: Point(Double(x) + shift, Double(y)))
        }
    }

    /// A similarity about the middle of a picture: where things are seen after the camera moved.
    static func view(
        _ width: Int, _ height: Int, shift: Point = Point(), zoom: Double = 1, clockwiseDegrees: Double = 0
    ) -> Homography {
        let (cx, cy) = (Double(width - 1) / 2, Double(height - 1) / 2)
        let (c, s) = (cos(clockwiseDegrees * .pi / 180) / zoom, sin(clockwiseDegrees * .pi / 180) / zoom)
        return Homography(
            SIMD3(c, -s, cx + shift.x - c * cx + s * cy), SIMD3(s, c, cy + shift.y - s * cx - c * cy), SIMD3(0, 0, 1))
    }

    /// Mean distance between where two maps take the points of a picture.
    static func meanDistance(_ first: Homography, _ second: Homography, _ width: Int, _ height: Int) -> Double {
        var sum = 0.0
        var count = 0.0
        for y in stride(from: 0, to: height, by: 8) {
            for x in stride(from: 0, to: width, by: 8) {
                let point = Point(Double(x), Double(y))
                let miss = first.apply(point) - second.apply(point)
                sum += (miss * miss).sum().squareRoot()
                count += 1
            }
        }
        return sum / count
    }
}

extension PixelBuffer {
    var bytes: Data { Data(pixels) }
}

extension FlowField {
    var floats: [Float] { Array(vectors) }
}
