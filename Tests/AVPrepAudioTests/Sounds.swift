import AVPrepCore
import Foundation

@testable import AVPrepAudio

/// Sounds made by code, and short cuts for computing on arrays.
enum Sounds {
    static func tone(_ hertz: Double, seconds: Double, sampleRate: Int, amplitude: Double = 0.5) -> [Float] {
        (0..<Int(seconds * Double(sampleRate))).map {
            Float(amplitude * sin(2 * .pi * hertz * Double($0) / Double(sampleRate)))
        }
    }

    static func noise(seconds: Double, sampleRate: Int, seed: UInt64 = 1) -> [Float] {
        var random = SeededRandom(seed: seed)
        return (0..<Int(seconds * Double(sampleRate))).map { _ in Float(0.1 * random.normal()) }
    }

    /// Silence but for a 1 at `position`.
    static func impulse(at position: Int, count: Int) -> [Float] {
        var samples = [Float](repeating: 0, count: count)
        samples[position] = 1
        return samples
    }
}

extension Spectrogram {
    /// The whole spectrogram, `[frame, bin]`.
    func values(of samples: [Float], _ workspace: Workspace? = nil) -> [Float] {
        var values = [Float](repeating: .nan, count: frameCount(samples: samples.count) * bins)
        samples.withUnsafeBufferPointer { samples in
            values.withUnsafeMutableBufferPointer { values in
                _ = compute(samples, into: values, workspace ?? makeWorkspace())
            }
        }
        return values
    }
}

extension SpectrogramSettings {
    /// A copy with some values changed.
    func with(_ change: (inout SpectrogramSettings) -> Void) -> SpectrogramSettings {
        var copy = self
        change(&copy)
        return copy
    }

    /// 64 bands between two frequencies, triangles of height 1 on magnitudes under a Hamming window.
    static let speechLike = SpectrogramSettings(
        name: "speech", kind: .mel, sampleRate: 16_000, fftLength: 512, windowLength: 400, hopLength: 160
    ).with {
        $0.window = .hamming
        $0.power = 1
        $0.melBands = 64
        $0.minFrequencyHz = 125
        $0.maxFrequencyHz = 7500
        $0.melScale = .htk
        $0.melNorm = .none
        $0.amin = 1e-8
    }
}
