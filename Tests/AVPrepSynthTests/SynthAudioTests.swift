import Testing

@testable import AVPrepSynth

@Suite struct SynthAudioTests {
    private static func samples(_ plan: SynthPlan, piece: Int? = nil) -> [Float] {
        let track = SynthAudio(plan)
        var samples = [Float](repeating: 0, count: track.sampleCount)
        samples.withUnsafeMutableBufferPointer { all in
            var first = 0
            while first < all.count {
                let end = min(all.count, first + (piece ?? all.count))
                track.fill(UnsafeMutableBufferPointer(rebasing: all[first..<end]))
                first = end
            }
        }
        return samples
    }

    private static func plan(difficulty: Double = 0, number: Int = 0, cues: [SynthCue] = []) -> SynthPlan {
        var settings = SynthSettings()
        settings.difficulty = difficulty
        return SynthVideo.plan(settings, number: number, cues: cues)
    }

    private static func loudest(_ samples: ArraySlice<Float>) -> Float { samples.map { abs($0) }.max() ?? 0 }

    /// Just before an event the sound of the one before has all but died away; within 1 ms of it there is a jump.
    @Test(arguments: 0..<12) func everySoundBeginsAtItsEvent(number: Int) {
        let plan = Self.plan(number: number)
        let samples = Self.samples(plan)
        let millisecond = SynthPlan.sampleRate / 1000
        for event in plan.events {
            let first = Int((event.soundSeconds * Double(SynthPlan.sampleRate)).rounded())
            let before = Self.loudest(samples[first - 3 * millisecond..<first])
            let after = Self.loudest(samples[first..<first + millisecond])
            #expect(after > 0.03 && after > 1.3 * before, "\(event.kind) at \(event.seconds)")
        }
    }

    @Test func piecesJoinWithoutASeam() {
        let plan = Self.plan(difficulty: 0.8, cues: [.silence(.init(startSeconds: 2, endSeconds: 3))])
        #expect(Self.samples(plan) == Self.samples(plan, piece: 1000))
    }

    @Test func silenceIsDigitalSilence() {
        let plan = Self.plan(difficulty: 1, cues: [.silence(.init(startSeconds: 2.5, endSeconds: 4.25))])
        let samples = Self.samples(plan)
        let rate = Double(SynthPlan.sampleRate)
        #expect(samples[Int(2.5 * rate)..<Int(4.25 * rate)].allSatisfy { $0 == 0 })
        #expect(Self.loudest(samples[Int(2.4 * rate)..<Int(2.49 * rate)]) > 0)
        #expect(Self.loudest(samples[Int(4.26 * rate)..<Int(4.35 * rate)]) > 0)
    }

    /// The noise has the level that the plan says: 18 dB below a full sound's peak at difficulty 1, ± 3 dB by design.
    @Test func noiseHasItsLevel() {
        for number in 0..<5 {
            var plan = Self.plan(difficulty: 1, number: number)
            plan.events = []
            plan.noise.humLevel = 0
            let samples = Self.samples(plan)
            let power = samples.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(samples.count)
            #expect(abs(power.squareRoot() / plan.noise.level - 1) < 0.05)
            #expect(plan.noise.level > 0.6 * Timbre.peak / 8 && plan.noise.level < 1.4 * Timbre.peak / 8)
        }
    }

    @Test func delayedContentMovesTheSoundAndNothingElse() {
        let plain = Self.samples(Self.plan())
        let plan = Self.plan(cues: [.skew(.init(mode: .content, seconds: 0.3))])
        #expect(plan.events.map(\.seconds) == Self.plan().events.map(\.seconds))
        let late = Self.samples(plan)
        #expect(plain.count == late.count && plain != late)
        let first = Int((plan.events[0].soundSeconds * Double(SynthPlan.sampleRate)).rounded())
        #expect(Self.loudest(late[..<first]) < 0.02)
        #expect(Self.loudest(late[first..<first + 44]) > 0.03)
    }
}
