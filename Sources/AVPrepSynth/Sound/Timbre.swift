import AVPrepCore
import Foundation

/// The sounds of the object kinds. Each starts within a millisecond with a broadband click, so that its onset is sharp
/// in any spectrogram, and continues in its own part of the spectrum.
enum Timbre {
    /// Peak of a full sound, relative to full scale: three at once do not clip.
    static let peak = 0.32
    /// Longest sound, in seconds.
    static let longestSeconds = 0.6

    static func amplitude(decibel: Double) -> Double { pow(10, decibel / 20) }

    /// The sound of one object: sample 0 is its onset, its peak is ``peak``, and it is faded out at its end.
    ///
    /// - Parameters:
    ///   - pitch: factor on all frequencies.
    ///   - sampleRate: samples per second.
    static func samples(of kind: SynthKind, pitch: Double, sampleRate: Int) -> [Float] {
        var voice = Voice(sampleRate: Double(sampleRate), pitch: pitch)
        switch kind {
        case .ball:
            // A drum skin: the pitch falls from twice its final value.
            voice.sweep(from: 190, to: 85, sweepSeconds: 0.05, decaySeconds: 0.08, amplitude: 1)
            voice.noise(decaySeconds: 0.004, lowHz: 60, highHz: 1200, amplitude: 0.5)
        case .crate:
            voice.noise(decaySeconds: 0.035, lowHz: 450, highHz: 1100, amplitude: 1)
            voice.partials([(620, 0.5)], decaySeconds: 0.03)
        case .hoop:
            // A string: harmonics with decreasing amplitude.
            voice.partials((1...9).map { (330 * Double($0), 1 / Double($0)) }, decaySeconds: 0.13)
            voice.noise(decaySeconds: 0.003, lowHz: 300, highHz: 4000, amplitude: 0.8)
        case .rattle:
            for click in 0..<5 {
                voice.noise(
                    decaySeconds: 0.0025, lowHz: 1500, highHz: 7500, amplitude: 1 - 0.15 * Double(click),
                    startSeconds: 0.026 * Double(click))
            }
        case .gem:
            voice.partials([(4300, 1), (6150, 0.6)], decaySeconds: 0.09)
            voice.noise(decaySeconds: 0.002, lowHz: 3000, highHz: 8000, amplitude: 0.5)
        case .bell:
            // Partials of a church bell (Rossing, The Science of Percussion Instruments, 2000): hum to nominal.
            voice.partials(
                [(440, 1), (880, 1), (1056, 0.7), (1320, 0.5), (1760, 0.3)], decaySeconds: 0.2)
            voice.noise(decaySeconds: 0.003, lowHz: 800, highHz: 4000, amplitude: 0.8)
        case .star:
            voice.sweep(from: 1100, to: 2600, sweepSeconds: 0.14, decaySeconds: 0.12, amplitude: 1)
            voice.noise(decaySeconds: 0.002, lowHz: 1000, highHz: 5000, amplitude: 0.6)
        case .hammer:
            voice.partials(
                [(2390, 0.7), (3120, 0.9), (3370, 0.7), (5210, 0.4)], decaySeconds: 0.06)
            voice.noise(decaySeconds: 0.015, lowHz: 2000, highHz: 7000, amplitude: 1)
        }
        return voice.finished()
    }
}

/// Accumulates the components of one sound.
private struct Voice {
    private let sampleRate: Double
    private let pitch: Double
    private var samples: [Double]
    private var random = SeededRandom(seed: 0x50_4C_55_43_4B)

    init(sampleRate: Double, pitch: Double) {
        self.sampleRate = sampleRate
        self.pitch = pitch
        samples = Array(repeating: 0, count: Int(Timbre.longestSeconds * sampleRate))
    }

    /// Decaying sines of (frequency in Hz, amplitude), higher ones decaying faster; those near half the sample rate are
    /// omitted.
    mutating func partials(_ partials: [(Double, Double)], decaySeconds: Double) {
        guard let lowest = partials.first?.0 else { return }
        for (index, (frequency, amplitude)) in partials.enumerated() {
            let hertz = frequency * pitch
            guard hertz < 0.45 * sampleRate else { continue }
            let step = 2 * Double.pi * hertz / sampleRate
            let decay = 1 / (decaySeconds * (lowest / frequency).squareRoot() * sampleRate)
            for n in samples.indices {
                samples[n] += amplitude * attack(n) * exp(-Double(n) * decay) * sin(step * Double(n) + Double(index))
            }
        }
    }

    /// A tone whose frequency moves exponentially from one value to another and then stays.
    mutating func sweep(from: Double, to: Double, sweepSeconds: Double, decaySeconds: Double, amplitude: Double) {
        var phase = 0.0
        for n in samples.indices {
            let seconds = Double(n) / sampleRate
            let hertz = pitch * from * pow(to / from, min(1, seconds / sweepSeconds))
            phase += 2 * Double.pi * hertz / sampleRate
            samples[n] += amplitude * attack(n) * exp(-seconds / decaySeconds) * sin(phase)
        }
    }

    /// Decaying noise between two frequencies, by second-order filters made of one-pole ones.
    mutating func noise(
        decaySeconds: Double, lowHz: Double, highHz: Double, amplitude: Double, startSeconds: Double = 0
    ) {
        let upper = exp(-2 * Double.pi * min(0.45, highHz * pitch / sampleRate))
        let lower = exp(-2 * Double.pi * min(0.45, lowHz * pitch / sampleRate))
        // A one-pole low-pass passes the fraction (1 − a)/(1 + a) of white noise's power; the gain compensates for it.
        let gain = amplitude * ((1 + upper) / (1 - upper)).squareRoot() * 1.3
        let first = Int((startSeconds * sampleRate).rounded())
        var low = (0.0, 0.0)
        var high = (0.0, 0.0)
        for n in first..<max(first, samples.count) {
            let white = random.uniform(-1...1)
            low.0 += (1 - upper) * (white - low.0)
            low.1 += (1 - upper) * (low.0 - low.1)
            high.0 += (1 - lower) * (low.1 - high.0)
            high.1 += (1 - lower) * (low.1 - high.0 - high.1)
            let envelope = attack(n - first) * exp(-Double(n - first) / (decaySeconds * sampleRate))
            if envelope < 1e-6, n > first + 100 { return }
            samples[n] += gain * envelope * (low.1 - high.0 - high.1)
        }
    }

    /// Rises from above 0 to 1 within half a millisecond.
    private func attack(_ n: Int) -> Double { min(1, Double(n + 1) / (0.0005 * sampleRate)) }

    func finished() -> [Float] {
        let peak = samples.reduce(0) { max($0, abs($1)) }
        let fade = Int(0.02 * sampleRate)
        return samples.indices.map { n in
            let end = min(1, Double(samples.count - n) / Double(fade))
            return Float(samples[n] * end * Timbre.peak / peak)
        }
    }
}
