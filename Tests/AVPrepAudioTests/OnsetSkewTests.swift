import AVPrepCore
import AVPrepModel
import Foundation
import TestSupport
import Testing

@testable import AVPrepAudio

@Suite struct OnsetSkewTests {
    private let fps = 25.0

    /// A film in which motion begins, stops and turns at the same moments, and sounds that begin `skew` seconds later,
    /// between other moments that have no counterpart.
    private struct Film {
        var events = 10
        var strays = 4
        /// How much later motion begins than it turns, in frames.
        var lead = 0
        /// Also a sign in sync: something begins to move when it sounds.
        var risesInSync = false
        /// The times of all events.
        var span = 0.5...9.5
    }

    private func estimate(_ film: Film, skew: Double, seed: UInt64, seconds: Double = 10) -> OnsetSkew? {
        var random = SeededRandom(seed: seed)
        let times = (0..<film.events).map { _ in random.uniform(film.span) }
        let count = Int(seconds * fps) - 1
        var signs = (0..<3).map { _ in (0..<count).map { _ in Float(0.2 * random.unit()) } }
        var onsets = (0..<Int(seconds * 100)).map { _ in Float(0.5 * random.unit()) }
        func move(_ time: Double, _ sign: Int) {
            let frame = Int((time * fps).rounded()) - 1
            if signs[sign].indices.contains(frame) { signs[sign][frame] += 2 }
        }
        func sound(_ time: Double) {
            let place = Int(time * 100)
            for (step, size) in [Float(20), 8].enumerated() where onsets.indices.contains(place + step) {
                onsets[place + step] += size
            }
        }
        for time in times {
            move(time + Double(film.lead) / fps, 0)
            move(time, 1)
            move(time, 2)
            sound(time + skew)
            if film.risesInSync { move(time + skew, 0) }
        }
        for _ in 0..<film.strays {
            for sign in 0..<3 { move(random.uniform(0...seconds), sign) }
            sound(random.uniform(0...seconds))
        }
        let events = MotionEvents(fps: fps, rise: signs[0], stop: signs[1], turn: signs[2])
        return OnsetSkew(events: events, onsets: onsets, onsetRate: 100, searchSeconds: 1)
    }

    @Test(arguments: [-0.8, -0.4, -0.24, 0, 0.32, 0.64])
    func anOffsetIsFoundAmongStrayMoments(skew: Double) throws {
        let found = try (UInt64(0)..<8).map { try #require(estimate(Film(), skew: skew, seed: $0)) }
        #expect(found.count { abs($0.seconds - skew) < 0.06 } == 8, "\(found)")
        #expect(skew > 0 || found.count { $0.confidence >= 0.9 } >= 6, "\(found)")
    }

    /// The number of eight films with a confident estimate of an offset.
    private func sure(_ film: Film, skew: Double) -> Int {
        (0..<8).count { seed in
            guard let found = estimate(film, skew: skew, seed: 50 + UInt64(seed)) else { return false }
            return found.confidence >= 0.99 && abs(found.seconds) > 0.1
        }
    }

    @Test func momentsWithoutCounterpartsGiveNoConfidence() {
        let sure = (0..<40).count { seed in
            (estimate(Film(events: 0, strays: 12), skew: 0, seed: 100 + UInt64(seed))?.confidence ?? 0) >= 0.99
        }
        #expect(sure == 0)
    }

    @Test func signsThatDoNotAgreeTellNothing() {
        #expect(sure(Film(), skew: -0.4) >= 6)
        #expect(sure(Film(lead: 4), skew: -0.4) == 0)
    }

    @Test func aSignInSyncExplainsAnOffset() {
        #expect(sure(Film(risesInSync: true), skew: -0.4) == 0)
    }

    @Test func lateSoundMayHaveComeFromAfarAndEarlySoundIsAFault() {
        for skew in [0.24, 0.4, 0.8] {
            #expect(sure(Film(), skew: skew) == 0)
            #expect(sure(Film(), skew: -skew) >= 6)
        }
    }

    @Test func fewMatchesAndMatchesInOneHalfTellNothing() {
        #expect(sure(Film(events: 3, strays: 0), skew: -0.4) == 0)
        #expect(sure(Film(strays: 0, span: 0.5...4), skew: -0.4) == 0)
    }

    @Test func stillPicturesSilenceShortStretchesAndLowRatesTellNothing() {
        func events(_ count: Int, value: Float = 0, fps: Double = 25) -> MotionEvents {
            let values = (0..<count).map { $0 % 17 == 3 ? value : 0 }
            return MotionEvents(fps: fps, rise: values, stop: values, turn: values)
        }
        func estimate(_ events: MotionEvents, onsets: [Float]) -> OnsetSkew? {
            OnsetSkew(events: events, onsets: onsets, onsetRate: 100, searchSeconds: 1)
        }
        let onsets = (0..<1000).map { $0 % 68 == 12 ? Float(9) : 0 }
        #expect(estimate(events(249, value: 1), onsets: onsets) != nil)
        #expect(estimate(events(249), onsets: onsets) == nil)
        #expect(estimate(events(249, value: 1), onsets: [Float](repeating: 0, count: 1000)) == nil)
        #expect(estimate(events(40, value: 1), onsets: onsets) == nil)
        #expect(estimate(events(249, value: 1, fps: 10), onsets: onsets) == nil)
        #expect(estimate(events(0), onsets: []) == nil)
    }

    @Test func correlationsAreThoseOfThePlainDefinition() {
        var random = SeededRandom(seed: 3)
        let seen = (0..<2).map { _ in (0..<77).map { _ in Float(random.normal()) } }
        let heard = (0..<77).map { _ in Float(random.normal()) }
        let profiles = OnsetCorrelation(seen, reach: 9).profiles(with: heard)
        for (sign, profile) in zip(seen, profiles) {
            for offset in -9...9 {
                let pairs = sign.indices.filter { heard.indices.contains($0 + offset) }
                let mean = pairs.reduce(Float(0)) { $0 + sign[$1] * heard[$1 + offset] } / Float(pairs.count)
                #expect(abs(profile[offset + 9] - mean) < 1e-5)
            }
        }
    }
}
