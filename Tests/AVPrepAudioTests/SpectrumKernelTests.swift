import AVPrepCore
import CKernels
import Foundation
import Testing

@testable import AVPrepAudio

/// The vector loops beside what they stand for.
@Suite struct SpectrumKernelTests {
    /// Every length that takes another way through the loop: fewer than a vector, whole vectors, and a rest.
    @Test func powersEqualTheDefinitionOfTheTransform() throws {
        for length in Array(2...70) + [400, 882, 1023] {
            var random = SeededRandom(seed: UInt64(length))
            let samples = (0..<length).map { _ in Float(random.normal()) }
            let plan = try FourierPlan.shared(length: length)
            let buffers = plan.makeBuffers()
            for index in samples.indices { buffers.input[3 * buffers.inputStride + index] = samples[index] }
            plan.execute(buffers)
            var power = [Float](repeating: .nan, count: length / 2 + 1)
            plan.power(ofRow: 3, buffers, into: &power)
            let expected = (0...length / 2).map { bin in
                var (real, imaginary) = (0.0, 0.0)
                for (index, sample) in samples.enumerated() {
                    let angle = 2 * Double.pi * Double(index * bin % length) / Double(length)
                    real += Double(sample) * cos(angle)
                    imaginary -= Double(sample) * sin(angle)
                }
                return real * real + imaginary * imaginary
            }
            let peak = try #require(expected.max())
            for (ours, truth) in zip(power, expected) {
                // A few roundings of the largest amplitude, squared.
                #expect(
                    abs(Double(ours) - truth) <= 1e-6 * (truth * peak).squareRoot() + 1e-12 * peak, "n_fft \(length)")
            }
        }
    }

    private func logarithm(_ values: [Float], form: Int, gain: Float = 1, amin: Float = 1e-30) -> [Float] {
        var values = values
        ckernels_spectrum_log(&values, Int64(values.count), Int32(form), gain, amin, 1, 0)
        return values
    }

    @Test func logarithmsAreRightToTheLastPlaces() {
        // All exponents, near 1 where the logarithm vanishes, and every length of the rest behind whole vectors.
        var values: [Float] = (-120...120).flatMap { exponent in
            [1, 1.1, 1.25, 1.41421, 1.41422, 1.7, 1.99999].map { $0 * exp2(Float(exponent)) }
        }
        values += (-1000...1000).map { 1 + Float($0) * 1e-4 }
        for count in [1, 7, 15, 16, 17, 31, values.count] {
            let part = Array(values.suffix(count))
            for (ours, value) in zip(logarithm(part, form: ckernels_spectrum_log_clamped, amin: 1e-37), part) {
                let truth = log(Double(value))
                #expect(abs(Double(ours) - truth) <= 2.4e-7 * abs(truth), "ln \(value)")
            }
        }
    }

    @Test func eachLogarithmTreatsSmallValuesInItsWay() {
        let values: [Float] = [0, 1e-12, 0.5, 2.7, 2.8, 100]
        let clamped = logarithm(values, form: ckernels_spectrum_log_clamped, gain: 2, amin: 1e-3)
        let offset = logarithm(values, form: ckernels_spectrum_log_offset, gain: 2, amin: 1e-3)
        let linear = logarithm(values, form: ckernels_spectrum_log_or_linear, gain: 2)
        for (index, value) in values.enumerated() {
            let x = 2 * Double(value)
            #expect(abs(Double(clamped[index]) - log(max(x, 1e-3))) <= 1e-6)
            #expect(abs(Double(offset[index]) - log(x + 1e-3)) <= 1e-6)
            #expect(abs(Double(linear[index]) - (x > M_E ? log(x) : x / M_E)) <= 1e-6)
        }
    }

    @Test func samplesThatAreNoSoundAreTakenForSilence() {
        let samples: [Float] = [1, -2, .nan, .infinity, -.infinity, 1e7, -1e7, 3, 4, 5, 6, 7, 8, 9, 10, 11, .nan]
        let window = [Float](repeating: 0.5, count: samples.count)
        var row = window
        ckernels_spectrum_taper_limited(samples, window, Int64(samples.count), 1e6, &row)
        #expect(row == [0.5, -1, 0, 0, 0, 0, 0, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 0])
        #expect(ckernels_spectrum_broken(samples, Int64(samples.count), 1e6) == 6)
        let many = [Float](repeating: .nan, count: 200_000)
        #expect(ckernels_spectrum_broken(many, Int64(many.count), 1e6) == 200_000)
    }

    @Test func rootsAreRounded() {
        var values = (0..<37).map { Float($0) * 0.37 }
        let expected = values.map { $0.squareRoot() }
        ckernels_spectrum_square_root(&values, Int64(values.count))
        #expect(values == expected)
    }
}
