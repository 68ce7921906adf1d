import AVPrepCore
import AVPrepMedia
import AVPrepModel
import Foundation

/// A video whose two-second stretches are what a policy decides on: lively, silent, still, or between black bars.
enum PolicyClip {
    enum Stretch: CaseIterable {
        case lively, silent, still
    }

    /// Writes one of 96 × 72 at 12 frames a second.
    ///
    /// - Parameters:
    ///   - seed: another one gives other pictures.
    ///   - bar: depth of black bars above and below.
    ///   - offset: about which the sound swings.
    static func write(
        _ path: String, _ stretches: [Stretch], seed: UInt64 = 1, bar: Int = 0, offset: Float = 0
    ) throws {
        let (fps, rate, width, height) = (12, 16_000, 96, 72)
        let writer = try MediaWriter(
            path: path, video: VideoEncoding(width: width, height: height, frameRate: Rational(fps), quality: 4),
            audio: AudioEncoding(sampleRate: rate, channels: 1))
        var random = SeededRandom(seed: seed, for: "policy-clip")
        let picture = PixelBuffer(width: width, height: height, channels: 3)
        // Broad stripes that drift: little changes from frame to frame, so that it is no cut.
        let (frequency, colour) = (random.uniform(0.1...0.2), random.below(3))
        var moved = 0.0
        var sample = 0
        for frame in 0..<stretches.count * 2 * fps {
            let stretch = stretches[frame / (2 * fps)]
            if stretch != .still { moved += 0.5 }
            let row = (0..<3 * width).map { place in
                let wave = sin((Double(place / 3) + moved) * frequency * (place % 3 == colour ? 1 : 1.3))
                return UInt8(130 + 90 * wave)
            }
            for y in bar..<height - bar {
                _ = picture.pixels.extracting(y * picture.rowBytes..<(y + 1) * picture.rowBytes)
                    .update(fromContentsOf: row)
            }
            try writer.write(frame: picture, at: Double(frame) / Double(fps))
            let end = (frame + 1) * rate / fps
            // The codec smears what sounds at the edge of silence.
            let isHeard = stretch != .silent && (3..<2 * fps - 3).contains(frame % (2 * fps))
            let sound = (sample..<end).map { _ in (isHeard ? Float(random.uniform(-0.4...0.4)) : 0) + offset }
            try writer.write(samples: sound, at: Double(sample) / Double(rate))
            sample = end
        }
        try writer.finish()
    }
}
