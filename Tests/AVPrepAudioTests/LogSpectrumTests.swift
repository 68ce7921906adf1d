import Foundation
import Testing

@testable import AVPrepAudio

@Suite struct LogSpectrumTests {
    private func made() throws -> LogSpectrum {
        LogSpectrum(try ShortTimeFourier(window: 128, step: 32, length: 128), frames: 24)
    }

    private func encoded(_ spectrum: inout LogSpectrum, _ sound: [Float]) -> [Float] {
        var planes = [Float](repeating: .nan, count: 2 * spectrum.planeCount)
        sound.withUnsafeBufferPointer { sound in
            planes.withUnsafeMutableBufferPointer { spectrum.encode(sound, into: $0) }
        }
        return planes
    }

    private func decoded(_ spectrum: inout LogSpectrum, _ planes: [Float]) -> [Float] {
        var sound = [Float](repeating: .nan, count: spectrum.sampleCount)
        let count = spectrum.planeCount
        planes.withUnsafeBufferPointer { planes in
            sound.withUnsafeMutableBufferPointer {
                spectrum.decode(
                    loudness: UnsafeBufferPointer(rebasing: planes[..<count]),
                    phase: UnsafeBufferPointer(rebasing: planes[count...]), into: $0)
            }
        }
        return sound
    }

    @Test func aSoundComesBackFromItsSpectrum() throws {
        var spectrum = try made()
        // Nothing near half of the sample rate, whose bin is left out.
        let sound = (0..<spectrum.sampleCount).map { Float(0.2 * sin(0.3 * Double($0)) + 0.1 * sin(1.1 * Double($0))) }
        let planes = encoded(&spectrum, sound)
        #expect(planes.allSatisfy { $0 >= -1 && $0 <= 1 })
        let back = decoded(&spectrum, planes)
        for index in 128..<sound.count - 128 { #expect(abs(back[index] - sound[index]) < 1e-3) }
    }

    @Test func loudnessIsInDecibelsFromMinus100To80() throws {
        var spectrum = try made()
        // Bin 16 of a cosine at its frequency: half of the window's sum of 64.
        let sound = (0..<spectrum.sampleCount).map { Float(cos(2 * .pi * 16 * Double($0) / 128)) }
        let planes = encoded(&spectrum, sound)
        #expect(abs(planes[16] - Float((2 * (20 * log10(32.0) + 100) / 180) - 1)) < 1e-4)
        // A window later the phase is the same again, a quarter later a multiple of 8 periods.
        #expect(abs(planes[spectrum.planeCount + 16]) < 1e-3)
    }

    @Test func whatIsQuieterThanItsBoundsIsSilenceAndWhatIsLouderIsCut() throws {
        var spectrum = LogSpectrum(
            try ShortTimeFourier(window: 128, step: 32, length: 128), frames: 24, decibels: -10...20)
        let loud = (0..<spectrum.sampleCount).map { Float(cos(2 * .pi * 16 * Double($0) / 128)) }
        // 20 log10 of 32 is 30.1, and of a hundredth of it -9.9.
        #expect(encoded(&spectrum, loud)[16] == 1)
        let soft = encoded(&spectrum, loud.map { $0 / 100 })
        #expect(abs(soft[16] - (2 * (20 * log10(0.32) + 10) / 30 - 1)) < 1e-3)
        #expect(encoded(&spectrum, loud.map { $0 / 110 }).prefix(spectrum.planeCount).allSatisfy { $0 == -1 })
        // The neighbours of its bin are 6 dB quieter, and so silence.
        #expect(soft[15] == -1 && soft[17] == -1)
    }

    /// Both shares make the mixture again; what an estimate says of both alike changes nothing.
    @Test func sharesOfAMixtureFollowFromTheDifferenceOfBothSounds() throws {
        let spectrum = LogSpectrum(
            try ShortTimeFourier(window: 128, step: 32, length: 128), frames: 24, decibels: -20...40)
        func power(_ level: Float) -> Float { level > -1 ? pow(10, ((level + 1) / 2 * 60 - 20) / 10) : 0 }
        func share(_ own: [Float], _ other: [Float], _ mixture: [Float]) -> [Float] {
            spectrum.share(of: own[...], beside: other[...], in: mixture[...])
        }
        let (own, other, mixture): ([Float], [Float], [Float]) = (
            [0, 1, -1, 0.5, .nan, -1, 0.2], [0, -1, 1, 0.2, 0, 1, 0], [0.4, 0.6, 0.6, 0.1, 0.4, -1, 0.9]
        )
        let (first, second) = (share(own, other, mixture), share(other, own, mixture))
        for index in own.indices {
            let sum = (power(first[index]).squareRoot() + power(second[index]).squareRoot())
            #expect(abs(sum / power(mixture[index]).squareRoot() - 1) < 1e-3 || mixture[index] == -1)
        }
        #expect(first[5] == -1 && second[5] == -1, "no share of silence is a sound")
        #expect(abs(first[0] - first[4]) < 1e-6, "what is no number says nothing")
        // 60 dB apart: all of it.
        #expect(abs(first[1] - 0.6) < 1e-5 && power(first[2]).squareRoot() < 1e-4)
        let later = share(own.map { $0 - 0.3 }, other.map { $0 - 0.3 }, mixture)
        for index in own.indices { #expect(abs(later[index] - first[index]) < 1e-4) }
    }

    @Test func silenceStaysSilenceAndNoNumberIsNone() throws {
        var spectrum = try made()
        let planes = encoded(&spectrum, [Float](repeating: 0, count: spectrum.sampleCount))
        #expect(planes.prefix(spectrum.planeCount).allSatisfy { $0 == -1 })
        let silence = decoded(&spectrum, planes)
        #expect(silence.allSatisfy { $0 == 0 })
        var broken = planes
        broken[3] = .nan
        broken[spectrum.planeCount + 9] = .infinity
        broken[20] = .infinity
        let heard = decoded(&spectrum, broken)
        #expect(heard.allSatisfy { $0.isFinite })
    }
}
