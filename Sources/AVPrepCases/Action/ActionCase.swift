import AVPrepCore
package import AVPrepModel
import Foundation

/// A film of an action that can be heard, with its sound: a pure function of the kind, the number and the skew.
package struct ActionCase {
    package static let sampleRate = 16_000
    private static let width = 57
    private static let height = 32

    /// Grey pictures.
    package let frames: [PixelBuffer]
    /// Mono.
    package let samples: [Float]

    /// - Parameter skew: how much later the sound is than in the recording, in seconds.
    package init(_ kind: ActionKind, number: Int, skew: Double = 0, seconds: Double = 10, fps: Double = 25) {
        var random = SeededRandom(seed: UInt64(number), for: "action/\(kind.rawValue)")
        let scene = ActionScene(kind, seconds: seconds, &random)
        frames = (0..<Int(seconds * fps)).map { index in
            let picture = PixelBuffer(width: Self.width, height: Self.height, channels: 1)
            let levels = scene.levels(at: Double(index) / fps, width: Self.width, height: Self.height)
            for (place, level) in levels.enumerated() {
                let grain = scene.grain * (random.unit() + random.unit() + random.unit() - 1.5) * 2
                picture.pixels[place] = UInt8(max(0, min(255, level + grain)))
            }
            return picture
        }
        samples = Self.sound(scene, skew: skew, seconds: seconds, &random)
    }

    private static func sound(
        _ scene: ActionScene, skew: Double, seconds: Double, _ random: inout SeededRandom
    ) -> [Float] {
        let rate = Double(sampleRate)
        let hiss = pow(10, random.uniform(-3.2 ... -2)) * 2
        var samples = (0..<Int(seconds * rate)).map { _ in Float(hiss * (random.unit() + random.unit() - 1)) }
        let (decay, hertz, tone) = (random.uniform(0.02...0.12), random.uniform(200...3000), random.unit())
        func add(at time: Double, size: Double, _ random: inout SeededRandom) {
            let start = Int(time * rate)
            for step in 0..<Int(0.4 * rate) where samples.indices.contains(start + step) {
                let since = Double(step) / rate
                let wave = tone * sin(2 * .pi * hertz * since) + (1 - tone) * (2 * random.unit() - 1)
                samples[start + step] += Float(size * exp(-since / decay) * wave)
            }
        }
        for time in scene.soundTimes(&random) { add(at: time + skew, size: random.uniform(0.15...0.5), &random) }
        // Sounds of something that is not seen.
        for _ in 0..<random.below(5) {
            add(at: random.uniform(0...seconds), size: random.uniform(0.05...0.3), &random)
        }
        return samples
    }
}
