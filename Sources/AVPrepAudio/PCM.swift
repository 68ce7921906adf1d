/// 16-bit linear PCM, as stored: 1.0 is 32768, so samples decoded from 16-bit audio are restored exactly.
package enum PCM {
    /// Rounds samples to 16 bits, to nearest, ties to even; values beyond full scale are clipped. NaN becomes 0.
    ///
    /// - Parameters:
    ///   - samples: full scale 1.
    ///   - output: the same number of values.
    package static func quantise(
        _ samples: UnsafeBufferPointer<Float>, into output: UnsafeMutableBufferPointer<Int16>
    ) {
        precondition(samples.count == output.count, "\(samples.count) samples into \(output.count)")
        for index in 0..<samples.count {
            let scaled = samples[index] * 32_768
            let number = scaled == scaled ? scaled : 0
            let clipped = max(-32_768, min(32_767, number))
            // 1.5 · 2²³: floats of this size have no fractional digits, so the addition rounds, and the low bits of the
            // sum's pattern are the integer. Rounding by `.rounded()` is a function call without SSE 4.1.
            output[index] = Int16(truncatingIfNeeded: (clipped + 0x1.8p23).bitPattern)
        }
    }
}
