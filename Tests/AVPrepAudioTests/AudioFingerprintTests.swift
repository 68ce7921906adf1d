import AVPrepCore
import Foundation
import Testing

@testable import AVPrepAudio

@Suite struct AudioFingerprintTests {
    /// Noise whose colour changes all the time.
    private func sound(seed: UInt64, seconds: Double) -> [Float] {
        var random = SeededRandom(seed: seed)
        var samples = [Float](repeating: 0, count: Int(seconds * 16_000))
        for _ in 0..<Int(seconds * 12) {
            let start = random.below(samples.count)
            let hertz = 300 * pow(10, random.unit())
            let length = min(samples.count - start, 1600 + random.below(6400))
            let gain = random.uniform(0.02...0.2)
            for place in 0..<length {
                samples[start + place] += Float(
                    gain * sin(2 * .pi * hertz * Double(place) / 16_000) * exp(-Double(place) / 3000))
            }
        }
        return samples.map { $0 + Float(0.001 * random.normal()) }
    }

    private func words(_ samples: [Float], channels: Int = 1, piece: Int = .max) throws -> [UInt32] {
        let hash = try AudioFingerprint(sampleRate: 16_000, channels: channels)
        samples.withUnsafeBufferPointer { samples in
            for first in stride(from: 0, to: samples.count, by: min(piece, samples.count)) {
                let end = min(samples.count, first + min(piece, samples.count))
                hash.append(UnsafeBufferPointer(rebasing: samples[first..<end]))
            }
        }
        return hash.finish()
    }

    private func distance(_ a: [UInt32], _ b: [UInt32]) -> Double {
        let pairs = zip(a, b).filter { $0 != 0 && $1 != 0 }
        return Double(pairs.reduce(0) { $0 + ($1.0 ^ $1.1).nonzeroBitCount }) / Double(32 * max(1, pairs.count))
    }

    @Test func volumeDoesNotMatterAndOtherSoundsAreFarAway() throws {
        let samples = sound(seed: 1, seconds: 8)
        let first = try words(samples)
        #expect(first.count >= 112 && first.count { $0 != 0 } >= 100)
        #expect(distance(first, try words(samples.map { $0 * 0.2 })) < 0.02)
        #expect(distance(first, try words(sound(seed: 2, seconds: 8))) > 0.4)
    }

    @Test func piecesAndChannelsDoNotMatter() throws {
        let samples = sound(seed: 3, seconds: 3)
        let first = try words(samples)
        #expect(try words(samples, piece: 997) == first)
        #expect(distance(first, try words(samples.flatMap { [$0, $0] }, channels: 2)) < 0.001)
    }

    @Test func aStretchThatBeginsBetweenTwoWordsIsKnownAgain() throws {
        let samples = sound(seed: 4, seconds: 8)
        // Half a word off: the worst there is.
        let late = Array(try words(Array(samples[(5 * 1000 + 500)...])))
        let first = Array(try words(samples)[5...])
        #expect(min(distance(first, late), distance(Array(first[1...]), late)) < 0.15)
    }

    @Test func aSteadyHumHasNothingToTell() throws {
        let hum = (0..<48_000).map { Float(0.2 * sin(2 * .pi * 400 * Double($0) / 16_000)) }
        let heard = try words(hum)
        #expect(!heard.isEmpty && heard.allSatisfy { $0 == 0 })
    }

    @Test func silenceAndNumbersThatAreNoneGiveNoWords() throws {
        for level in [Float(0), .nan] {
            let heard = try words([Float](repeating: level, count: 32_000))
            #expect(!heard.isEmpty && heard.allSatisfy { $0 == 0 })
        }
        #expect(try words([0.5]).isEmpty)
    }
}
