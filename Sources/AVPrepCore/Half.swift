/// Conversion to 16-bit floats for storage.
package enum Half {
    /// Rounds floats to 16 bits: to nearest, ties to even. Values beyond ±65504, the largest 16-bit float, become
    /// ±65504, so a finite number stays finite; NaN stays NaN.
    package static func convert(
        _ values: UnsafeBufferPointer<Float>, into output: UnsafeMutableBufferPointer<Float16>
    ) {
        precondition(values.count == output.count, "\(values.count) values into \(output.count)")
        for index in 0..<values.count {
            output[index] = Float16(bitPattern: pattern(values[index]))
        }
    }

    /// The bits of the 16-bit float nearest to `value`.
    ///
    /// Written in integer operations without branches, which the compiler vectorises on every processor;
    /// `Float16(value)` is a library call per value where the processor lacks F16C.
    @inline(__always)
    static func pattern(_ value: Float) -> UInt16 {
        let sign = (value.bitPattern >> 16) & 0x8000
        let magnitude = value.bitPattern & 0x7FFF_FFFF
        let limited = min(magnitude, 0x477F_E000)  // 65504
        // Normal halves: the exponent moves from bias 127 to 15, and 13 bits of the fraction are rounded away.
        let odd = (limited >> 13) & 1
        let normal = (limited &- 0x3800_0000 &+ 0x0FFF &+ odd) >> 13
        // Below 2⁻¹⁴ halves are multiples of 2⁻²⁴: adding 0.5, whose last place is 2⁻²⁴, rounds to one of them.
        let subnormal = (Float(bitPattern: limited) + 0.5).bitPattern &- 0x3F00_0000
        let finite = limited < 0x3880_0000 ? subnormal : normal
        let bits = magnitude > 0x7F80_0000 ? 0x7E00 : finite
        return UInt16(truncatingIfNeeded: sign | bits)
    }
}
