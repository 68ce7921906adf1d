import AVPrepCore
import AVPrepModel
import Foundation

/// Darkens an ordinary picture without adding a border.
struct NightLight {
    private let gain: Double
    private let gamma: Double
    private let floor: Double
    private let vignette: Double
    private let skyline: (height: Double, roughness: Double, seed: UInt64)?
    private let lamps: [(x: Double, y: Double, reach: Double, strength: Double)]
    private let window: (x: ClosedRange<Double>, y: ClosedRange<Double>, tilt: Double)?
    private let drift: Double
    private let width: Int
    private let height: Int

    /// - Parameter isOutside: a skyline or lamps; else a dim room, a stage, a window.
    init(isOutside: Bool, width: Int, height: Int, _ random: inout SeededRandom) {
        self.width = width
        self.height = height
        gain = random.uniform(0.05...0.4)
        gamma = random.uniform(1...2.2)
        floor = random.uniform(0...14)
        vignette = random.unit() < 0.4 ? random.uniform(0.5...1) : 0
        drift = random.unit() < 0.5 ? random.uniform(-0.6...0.6) : 0
        let kind = random.below(2) + (isOutside ? 0 : 2)
        skyline =
            kind == 0 ? (random.uniform(0.1...0.4), random.uniform(0.01...0.08), random.next()) : nil
        lamps = (0..<(kind == 1 ? 1 + random.below(6) : 0)).map { _ in
            (
                random.uniform(0...Double(width)), random.uniform(0...Double(height)), random.uniform(2...30),
                random.uniform(60...250)
            )
        }
        let (x, y) = (random.uniform(0.05...0.5), random.uniform(0.05...0.5))
        window =
            kind == 2
            ? (x...x + random.uniform(0.2...0.45), y...y + random.uniform(0.2...0.45), random.uniform(-0.05...0.05))
            : nil
    }

    func darken(_ picture: PixelBuffer, index: Int) {
        let shift = drift * Double(index)
        for y in 0..<height {
            for x in 0..<width {
                let (u, v) = (2 * Double(x) / Double(width) - 1, 2 * Double(y) / Double(height) - 1)
                var light = gain * max(0, 1 - vignette * (u * u + v * v))
                if let window {
                    let across = (Double(x) + shift) / Double(width)
                    let down = Double(y) / Double(height) + window.tilt * across
                    light = window.x.contains(across) && window.y.contains(down) ? 0.8 : light * 0.15
                }
                if let skyline {
                    let column = UInt64(max(0, Double(x) + shift + 1000)) / 9
                    let hash = (column &* 0x9E37_79B9_7F4A_7C15 ^ skyline.seed) &* 0xBF58_476D_1CE4_E5B9 >> 48
                    let edge = skyline.height + skyline.roughness * Double(hash) / 65_536
                    if Double(y) / Double(height) > 1 - edge { light *= 0.08 }
                }
                var glow = 0.0
                for lamp in lamps {
                    let (dx, dy) = (Double(x) + shift - lamp.x, Double(y) - lamp.y)
                    glow += lamp.strength / (1 + (dx * dx + dy * dy) / (lamp.reach * lamp.reach))
                }
                let levels = picture.levels(x, y)
                func dark(_ level: Double) -> Double {
                    floor + 255 * light * pow(level / 255, gamma) + glow
                }
                picture.set(x, y, (dark(levels.0), dark(levels.1), dark(levels.2)))
            }
        }
    }
}
