import AVPrepCore
import Foundation

/// A piece of audio with or without one flaw: a pure function of the kind, the number and whether it has the flaw.
///
/// Those without it come close: quiet audio instead of silence, a melody instead of a tone, loud but unclipped audio, a
/// quieter channel, events without a beat.
package struct SoundCase: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case silent
        case constantTone = "constant-tone"
        case clipping
        case dcOffset = "dc-offset"
        case deadChannel = "dead-channel"
        case periodicSound = "periodic-sound"
    }

    package static let sampleRate = 16_000
    /// Interleaved samples of two channels.
    package let samples: [Float]
    /// The period of periodic audio, in seconds.
    package private(set) var periodSeconds: Double?

    private static let seconds = 8.0

    package init(_ kind: Kind, number: Int, isFlawed: Bool) {
        var random = SeededRandom(seed: UInt64(number), for: "sound/\(kind.rawValue)/\(isFlawed)")
        var left: [Float]
        switch kind {
        case .constantTone:
            let bed = Self.events(&random, times: Self.anyTimes(&random))
            left = isFlawed ? zip(Self.hum(&random), bed).map { $0 + 0.15 * $1 } : Self.melody(&random)
        case .periodicSound:
            var times = Self.anyTimes(&random)
            if isFlawed {
                let period = random.uniform(0.2...2)
                periodSeconds = period
                times = Array(stride(from: random.uniform(0...period), to: Self.seconds, by: period))
            }
            left = Self.events(&random, times: times, isAlike: isFlawed)
        default:
            left = Self.events(&random, times: Self.anyTimes(&random))
            let tune = Self.melody(&random)
            for place in left.indices { left[place] += tune[place] }
        }
        let noise = Float(random.uniform(0.0005...0.004))
        var right = left.map { $0 * Float(0.9) }
        for place in left.indices {
            left[place] += noise * Float(random.normal())
            right[place] += noise * Float(random.normal())
        }
        switch kind {
        case .silent:
            // Hiss and quieter residue, 62 to 100 dB below full scale, or quiet audio, 20 to 58 dB below.
            let level = isFlawed ? random.uniform(62...100) : random.uniform(20...58)
            let power = (left + right).reduce(0.0) { $0 + Double($1) * Double($1) } / Double(2 * left.count)
            let gain = Float(pow(10, -level / 20) / power.squareRoot())
            left = left.map { $0 * gain }
            right = right.map { $0 * gain }
        case .clipping:
            // 3 to 12 dB too loud, or up to 0.4 dB below full scale.
            let peak = left.reduce(0) { max($0, abs($1)) }
            let gain = Float(isFlawed ? random.uniform(1.4...4) : random.uniform(0.4...0.95)) / max(peak, 1e-6)
            left = left.map { max(-1, min(1, $0 * gain)) }
            right = right.map { max(-1, min(1, $0 * gain)) }
        case .dcOffset:
            let offset = Float(isFlawed ? random.uniform(0.03...0.2) : random.uniform(0...0.012))
            left = left.map { max(-1, min(1, $0 + offset)) }
        case .deadChannel:
            // Silence with some hiss, or 6 to 30 dB softer.
            let gain = Float(isFlawed ? 0 : pow(10, -random.uniform(6...30) / 20))
            right = right.map { $0 * gain + Float(1e-5 * random.normal()) }
        case .constantTone, .periodicSound: break
        }
        samples = zip(left, right).flatMap { [$0, $1] }
    }

    private static var count: Int { Int(seconds * Double(sampleRate)) }

    /// One to three events per second, at random times.
    private static func anyTimes(_ random: inout SeededRandom) -> [Double] {
        (0..<Int(seconds * random.uniform(1...3))).map { _ in random.uniform(0...seconds) }
    }

    /// Decaying bursts of noise.
    ///
    /// - Parameter isAlike: all of one loudness and length, within a tenth.
    private static func events(_ random: inout SeededRandom, times: [Double], isAlike: Bool = false) -> [Float] {
        var samples = [Float](repeating: 0, count: count)
        for time in times {
            let gain = isAlike ? random.uniform(0.27...0.33) : random.uniform(0.05...0.4)
            let decay = isAlike ? random.uniform(0.028...0.032) : random.uniform(0.01...0.15)
            let first = Int(time * Double(sampleRate))
            for place in 0..<min(Int(6 * decay * Double(sampleRate)), samples.count - first) {
                samples[first + place] += Float(
                    gain * random.normal() * exp(-Double(place) / decay / Double(sampleRate)) / 3)
            }
        }
        return samples
    }

    /// A constant tone with up to three overtones.
    private static func hum(_ random: inout SeededRandom) -> [Float] {
        let hertz = random.uniform(50...1500)
        let gain = random.uniform(0.05...0.4)
        let overtones = random.below(4)
        return (0..<count).map { place in
            let phase = 2 * Double.pi * hertz * Double(place) / Double(sampleRate)
            return Float(gain * (1...(overtones + 1)).reduce(0) { $0 + sin(phase * Double($1)) / Double($1 * $1) })
        }
    }

    /// Notes of 0.1 to 0.9 s of the chromatic scale, no two consecutive ones alike.
    private static func melody(_ random: inout SeededRandom) -> [Float] {
        var samples = [Float](repeating: 0, count: count)
        var first = 0
        var last = 0
        while first < samples.count {
            let note = (last + 1 + random.below(23)) % 24
            let hertz = 220 * pow(2, Double(note) / 12)
            let gain = random.uniform(0.05...0.25)
            let length = min(samples.count - first, Int(random.uniform(0.1...0.9) * Double(sampleRate)))
            for place in 0..<length {
                let swell = min(1, Double(min(place, length - place)) / 160)
                samples[first + place] = Float(
                    gain * swell * sin(2 * Double.pi * hertz * Double(place) / Double(sampleRate)))
            }
            first += length
            last = note
        }
        return samples
    }
}
