import AVPrepCore
import Foundation
import TestSupport
import Testing

@testable import AVPrepAudio

@Suite struct OnsetSkewTests {
    private let fps = 25.0

    /// Motion that jumps and sound that begins at the same moments, the sound `skew` seconds later, between others that
    /// have no counterpart.
    private func estimate(skew: Double, events: Int, strays: Int, seed: UInt64, seconds: Double = 10) -> OnsetSkew? {
        var random = SeededRandom(seed: seed)
        let times = (0..<events).map { _ in random.uniform(0.5...seconds - 0.5) }
        let count = Int(seconds * fps)
        var changes = (0..<count - 1).map { _ in Float(2 + 0.4 * random.normal()) }
        var onsets = (0..<Int(seconds * 100)).map { _ in Float(0.5 * random.unit()) }
        func move(_ time: Double) {
            let frame = Int((time * fps).rounded(.up))
            for (place, size) in [Float(9), 5, 3].enumerated() where changes.indices.contains(frame - 1 + place) {
                changes[frame - 1 + place] += size
            }
        }
        func sound(_ time: Double) {
            let place = Int(time * 100)
            for (step, size) in [Float(20), 8].enumerated() where onsets.indices.contains(place + step) {
                onsets[place + step] += size
            }
        }
        for time in times {
            move(time)
            sound(time + skew)
        }
        for _ in 0..<strays {
            move(random.uniform(0...seconds))
            sound(random.uniform(0...seconds))
        }
        return OnsetSkew(changes: changes, fps: fps, onsets: onsets, onsetRate: 100, searchSeconds: 1)
    }

    @Test(arguments: [-0.8, -0.4, -0.16, 0, 0.12, 0.3, 0.64])
    func anOffsetIsFoundAmongStrayMoments(skew: Double) throws {
        var right = 0
        for seed in UInt64(0)..<8 {
            let found = try #require(estimate(skew: skew, events: 10, strays: 4, seed: seed))
            if abs(found.seconds - skew) < 0.06, found.confidence >= 0.9 { right += 1 }
            #expect(found.confidence < 0.99 || abs(found.seconds - skew) < 0.06, "\(found)")
        }
        #expect(right >= 6)
    }

    @Test func momentsWithoutCounterpartsGiveNoConfidence() {
        let sure = (0..<40).count { seed in
            (estimate(skew: 0, events: 0, strays: 12, seed: 100 + UInt64(seed))?.confidence ?? 0) >= 0.99
        }
        #expect(sure == 0)
    }

    @Test func stillPicturesSilenceAndShortStretchesTellNothing() {
        #expect(
            OnsetSkew(
                changes: [Float](repeating: 0, count: 249), fps: 25, onsets: [Float](repeating: 1, count: 1000),
                onsetRate: 100, searchSeconds: 1) == nil)
        #expect(
            OnsetSkew(changes: [1, 2, 3], fps: 25, onsets: [1, 2], onsetRate: 100, searchSeconds: 1) == nil)
        #expect(OnsetSkew(changes: [], fps: 25, onsets: [], onsetRate: 100, searchSeconds: 1) == nil)
    }
}
