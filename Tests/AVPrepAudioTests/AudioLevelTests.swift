import Foundation
import Testing

@testable import AVPrepAudio

@Suite struct AudioLevelTests {
    private func level(_ samples: [Float]) -> AudioLevel { samples.withUnsafeBufferPointer(AudioLevel.init(of:)) }

    @Test func aSineHasItsAmplitudeOverRootTwo() {
        let level = level(Sounds.tone(1000, seconds: 1, sampleRate: 48_000, amplitude: 0.5))
        #expect(abs(level.rootMeanSquare - 0.5 / 2.0.squareRoot()) < 1e-6)
        #expect(abs(level.peak - 0.5) < 1e-6)
        #expect(abs(level.decibels - -9.0309) < 1e-3)
        #expect(level.clippedShare == 0)
    }

    @Test func aFullScaleSquareWaveIsAtZeroDecibelsAndClipped() {
        let level = level((0..<4800).map { $0 / 24 % 2 == 0 ? 1 : -1 })
        #expect(level.decibels == 0)
        #expect(level.peak == 1)
        #expect(level.clippedShare == 1)
    }

    @Test func theVectorSumsAgreeWithPlainOnes() {
        for count in [1, 7, 8, 9, 1023, 1025, 5000] {
            let samples = Sounds.noise(seconds: 1, sampleRate: count)
            let level = level(samples)
            let square = samples.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(count)
            #expect(abs(level.rootMeanSquare - square.squareRoot()) <= 1e-6 * square.squareRoot())
            #expect(level.peak == samples.map { Double(abs($0)) }.max())
        }
    }

    @Test func theShareOfClippedSamplesIsCounted() {
        var samples = [Float](repeating: 0.1, count: 1000)
        samples[3] = 1
        samples[4] = -1.5
        samples[999] = 32_767.0 / 32_768
        samples[500] = 32_766.0 / 32_768
        let level = level(samples)
        #expect(level.clippedShare == 0.003)
        #expect(level.peak == 1.5)
    }

    @Test func silenceIsDecidedByTheRootMeanSquare() {
        let quiet = level(Sounds.tone(100, seconds: 1, sampleRate: 8_000, amplitude: 0.001))
        #expect(quiet.isSilent(below: -60))
        #expect(!quiet.isSilent(below: -70))
        // A few clicks in digital silence are not loud enough to hear.
        var clicks = [Float](repeating: 0, count: 100_000)
        clicks[5] = 0.1
        #expect(level(clicks).isSilent(below: -60))
        #expect(level(clicks).peak == Double(Float(0.1)))
    }

    @Test func digitalSilenceAndNoSamplesHaveTheLowestLevel() throws {
        for samples in [[], [Float](repeating: 0, count: 10), [Float](repeating: -0.0, count: 9)] {
            let level = level(samples)
            #expect(level.decibels == AudioLevel.silenceDecibels)
            #expect(level.peak == 0)
            #expect(level.clippedShare == 0)
            _ = try JSONEncoder().encode(level)
        }
    }

    @Test func brokenSamplesCountAsZero() {
        let level = level([0.5, .nan, .infinity, -.infinity, 0.5, 0, 0, 0, .nan])
        #expect(level.brokenSamples == 4)
        #expect(level.peak == 0.5)
        #expect(abs(level.rootMeanSquare - (0.5 / 9.0).squareRoot()) < 1e-7)
    }

    @Test func absurdlyLargeSamplesCountAsZero() {
        let level = level([.greatestFiniteMagnitude, -1e30, 0.5, Spectrogram.largestSample])
        #expect(level.brokenSamples == 2)
        #expect(level.peak == 1e6)
        #expect(level.rootMeanSquare.isFinite)
    }
}
