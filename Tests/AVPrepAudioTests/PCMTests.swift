import Testing

@testable import AVPrepAudio

@Suite struct PCMTests {
    private func quantise(_ samples: [Float]) -> [Int16] {
        var output = [Int16](repeating: -1, count: samples.count)
        samples.withUnsafeBufferPointer { samples in
            output.withUnsafeMutableBufferPointer { PCM.quantise(samples, into: $0) }
        }
        return output
    }

    /// As readers do: full scale is 32768.
    private func expand(_ samples: [Int16]) -> [Float] { samples.map { Float($0) / 32_768 } }

    @Test func everySixteenBitSampleComesBack() {
        let all = (Int16.min...Int16.max).map { $0 }
        #expect(quantise(expand(all)) == all)
        #expect(expand([.min, 0, .max]) == [-1, 0, 32_767.0 / 32_768])
    }

    @Test func samplesAreRoundedToTheNearestStepTiesToEven() {
        let step: Float = 1 / 32_768
        #expect(
            quantise([0.49, 0.5, 0.51, 1.5, 2.5, -0.5, -0.51, -1.5].map { $0 * step }) == [0, 0, 1, 2, 2, 0, -1, -2])
        let samples = Sounds.noise(seconds: 1, sampleRate: 10_000)
        let expected = samples.map { Int16(($0 * 32_768).rounded(.toNearestOrEven)) }
        #expect(quantise(samples) == expected)
    }

    @Test func whatIsBeyondFullScaleIsClipped() {
        let samples: [Float] = [1, -1, 1.5, -1.5, 1e30, -1e30, .infinity, -.infinity, 0.99999]
        #expect(quantise(samples) == [.max, .min, .max, .min, .max, .min, .max, .min, .max])
    }

    @Test func whatIsNoNumberIsSilence() {
        #expect(quantise([.nan, -.nan, .signalingNaN, 0.5]) == [0, 0, 0, 16_384])
    }
}
