import AVPrepCore
import Foundation

/// Generates the audio of a plan block by block, in bounded memory. Belongs to one thread.
package final class SynthAudio {
    private let plan: SynthPlan
    /// One sound per object.
    private let voices: [[Float]]
    private let events: [(first: Int, object: Int, gain: Float)]
    private var random: SeededRandom
    private var noiseState = 0.0
    /// Number of the next sample on the presentation clock: its time is `nextSample / sampleRate`.
    private var nextSample: Int

    /// Length of the fade into and out of a planted silence, in samples (3 ms).
    private static let fade = 132

    package init(_ plan: SynthPlan) {
        self.plan = plan
        let rate = SynthPlan.sampleRate
        voices = plan.objects.map { Timbre.samples(of: $0.kind, pitch: $0.pitch, sampleRate: rate) }
        events = plan.events.filter(\.audible)
            .map { (Self.sample(at: $0.soundSeconds), $0.object, Float($0.strength)) }
            .sorted { $0.first < $1.first }
        random = SeededRandom(seed: UInt64(plan.noise.seed))
        nextSample = Self.sample(at: plan.soundStartSeconds)
    }

    /// Total number of samples.
    package var sampleCount: Int {
        Self.sample(at: plan.seconds) - Self.sample(at: plan.soundStartSeconds)
    }

    /// Generates the next samples to fill the buffer; past the end there is only noise.
    package func fill(_ buffer: UnsafeMutableBufferPointer<Float>) {
        addNoise(buffer)
        let range = nextSample..<nextSample + buffer.count
        for event in events where event.first < range.upperBound {
            let voice = voices[event.object]
            let from = max(event.first, range.lowerBound)
            let to = min(event.first + voice.count, range.upperBound)
            guard from < to else { continue }
            for n in from..<to { buffer[n - range.lowerBound] += event.gain * voice[n - event.first] }
        }
        if let silence = plan.silence { mute(buffer, silence) }
        for n in buffer.indices { buffer[n] = max(-1, min(1, buffer[n])) }
        nextSample = range.upperBound
    }

    /// Noise through a one-pole low-pass at the plan's level, and the hum.
    private func addNoise(_ buffer: UnsafeMutableBufferPointer<Float>) {
        let pole = plan.noise.pole
        // White noise in [-1, 1] has variance 1/3, which a one-pole low-pass reduces by (1 − a)/(1 + a).
        let gain = plan.noise.level * (3 * (1 + pole) / (1 - pole)).squareRoot()
        let step = 2 * Double.pi * plan.noise.humHz / Double(SynthPlan.sampleRate)
        for n in buffer.indices {
            noiseState += (1 - pole) * (random.uniform(-1...1) - noiseState)
            let phase = step * Double(nextSample + n)
            buffer[n] = Float(gain * noiseState + plan.noise.humLevel * (sin(phase) + 0.4 * sin(3 * phase)))
        }
    }

    private func mute(_ buffer: UnsafeMutableBufferPointer<Float>, _ silence: SynthCue.Stretch) {
        let start = Self.sample(at: silence.startSeconds)
        let end = Self.sample(at: silence.endSeconds)
        for n in buffer.indices {
            let outside = max(start - (nextSample + n), nextSample + n - end + 1)
            if outside < Self.fade { buffer[n] *= max(0, Float(outside) / Float(Self.fade)) }
        }
    }

    private static func sample(at seconds: Double) -> Int {
        Int((seconds * Double(SynthPlan.sampleRate)).rounded())
    }
}
