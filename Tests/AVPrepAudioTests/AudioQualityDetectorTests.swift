import AVPrepCore
import AVPrepModel
import Foundation
import Testing

@testable import AVPrepAudio

@Suite struct AudioQualityDetectorTests {
    private let rate = 16_000

    private func find(_ left: [Float], _ right: [Float]? = nil, settings: AudioQualitySettings = .init()) throws
        -> AudioQualityDetector.Finding
    {
        let flaws = try AudioQualityDetector(settings: settings, sampleRate: rate, channels: 2)
        let samples = zip(left, right ?? left).flatMap { [$0, $1] }
        return samples.withUnsafeBufferPointer { flaws.find(in: $0) }
    }

    /// Short bursts of noise at these times.
    private func bursts(at times: [Double], seconds: Double, seed: UInt64 = 1) -> [Float] {
        var random = SeededRandom(seed: seed)
        var samples = (0..<Int(seconds * Double(rate))).map { _ in Float(0.001 * random.normal()) }
        for time in times {
            let first = Int(time * Double(rate))
            for place in 0..<min(1600, max(0, samples.count - first)) {
                samples[first + place] += Float(0.3 * random.normal() * exp(-Double(place) / 300))
            }
        }
        return samples
    }

    @Test func plainNoiseHasNoFlaws() throws {
        let finding = try find(
            Sounds.noise(seconds: 4, sampleRate: rate), Sounds.noise(seconds: 4, sampleRate: rate, seed: 2))
        #expect(finding.flags == [])
        #expect(try #require(finding.measures[.toneShare]) < 0.2)
    }

    @Test(arguments: [60.0, 440, 1000, 3150])
    func aSteadyToneIsFoundWithItsFrequency(hertz: Double) throws {
        let tone = Sounds.tone(hertz, seconds: 4, sampleRate: rate, amplitude: 0.3)
        let finding = try find(zip(tone, Sounds.noise(seconds: 4, sampleRate: rate)).map { $0 + $1 * 0.1 })
        #expect(finding.flags.contains(.constantTone))
        #expect(abs(Double(try #require(finding.measures[.toneFrequency])) - hertz) < 8)
    }

    @Test func aHumWithOvertonesIsATone() throws {
        let hum = (1...4).map {
            Sounds.tone(50 * Double($0), seconds: 4, sampleRate: rate, amplitude: 0.2 / Double($0))
        }
        #expect(
            try find((0..<hum[0].count).map { place in hum.reduce(0) { $0 + $1[place] } }).flags.contains(.constantTone)
        )
    }

    @Test func aMelodyAndABeepAreNoConstantTone() throws {
        let melody = [262.0, 330, 392, 523, 392, 330, 294, 440].flatMap {
            Sounds.tone($0, seconds: 0.5, sampleRate: rate)
        }
        #expect(!(try find(melody).flags.contains(.constantTone)))
        let beeps = (0..<8).flatMap { number in
            number % 2 == 0
                ? Sounds.tone(900, seconds: 0.5, sampleRate: rate) : [Float](repeating: 0, count: rate / 2)
        }
        #expect(!(try find(beeps).flags.contains(.constantTone)))
    }

    @Test func cutOffPeaksAreFoundAndLoudSoundIsNot() throws {
        let loud = Sounds.tone(313, seconds: 2, sampleRate: rate, amplitude: 0.97)
        #expect(!(try find(loud).flags.contains(.clipping)))
        let clipped = Sounds.tone(313, seconds: 2, sampleRate: rate, amplitude: 1.6).map { max(-1, min(1, $0)) }
        #expect(try find(loud, clipped).flags.contains(.clipping), "in either channel")
    }

    @Test func anOffsetAndADeadChannelAreFound() throws {
        let noise = Sounds.noise(seconds: 2, sampleRate: rate)
        let offset = try find(noise, noise.map { $0 - 0.05 })
        #expect(offset.flags == .dcOffset)
        #expect(abs(try #require(offset.measures[.dcOffset]) + 0.05) < 0.005)
        let dead = try find(noise, noise.map { $0 * 0.0005 })
        #expect(dead.flags == .deadChannel)
        #expect(abs(try #require(dead.measures[.channelDifference]) - 66) < 1)
        #expect(try find(noise, noise.map { $0 * 0.1 }).flags == [])
        let silence = [Float](repeating: 0, count: rate)
        #expect(try find(silence, silence).flags == [])
    }

    @Test(arguments: [0.25, 0.5, 0.8, 1.0, 1.37, 2.5])
    func arhythmIsFoundWithItsPeriod(period: Double) throws {
        let times = stride(from: 0.3, to: 9.9, by: period).map { $0 }
        let finding = try find(bursts(at: times, seconds: 10))
        #expect(finding.flags.contains(.periodicSound))
        let found = Double(try #require(finding.measures[.period]))
        // Nine seconds on, the error is still less than 50 ms.
        #expect(abs(found - period) * 9 / period < 0.05, "\(found)")
    }

    @Test(arguments: UInt64(0)..<12)
    func eventsAtRandomAreNoRhythm(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let times = (0..<12).map { _ in random.uniform(0...9.8) }
        let finding = try find(bursts(at: times, seconds: 10, seed: seed))
        #expect(!finding.flags.contains(.periodicSound), "\(finding.measures)")
    }

    @Test func samplesThatAreNoNumbersAndShortSoundsDoNoHarm() throws {
        _ = try find([Float](repeating: .nan, count: 4000))
        _ = try find([.infinity])
        #expect(try find([]).flags == [])
    }
}
