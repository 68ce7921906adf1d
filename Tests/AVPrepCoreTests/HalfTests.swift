import Testing

@testable import AVPrepCore

@Suite struct HalfTests {
    private func convert(_ values: [Float]) -> [Float16] {
        var output = [Float16](repeating: -1, count: values.count)
        values.withUnsafeBufferPointer { values in
            output.withUnsafeMutableBufferPointer { Half.convert(values, into: $0) }
        }
        return output
    }

    /// Every finite half, the middle to the next one and the floats right beside: all places where rounding turns.
    @Test func roundingIsThatOfIEEE() {
        for pattern in UInt16(0)..<0x7BFF {
            let low = Float(Float16(bitPattern: pattern))
            let middle = (low + Float(Float16(bitPattern: pattern + 1))) / 2
            for value in [low, middle.nextDown, middle, middle.nextUp] {
                let expected = Float16(value).bitPattern
                guard Half.pattern(value) == expected, Half.pattern(-value) == expected | 0x8000 else {
                    Issue.record("\(value) became \(Half.pattern(value)), not \(expected)")
                    return
                }
            }
        }
        var random = SeededRandom(seed: 3)
        let values = (0..<10_000).map { _ in Float(30 * random.normal()) }
        #expect(convert(values).map(\.bitPattern) == values.map { Float16($0).bitPattern })
    }

    @Test func largeNumbersStayFinite() {
        let values: [Float] = [65_504, 65_519, 65_520, 1e30, .infinity, -65_520, -.infinity]
        #expect(convert(values) == [65_504, 65_504, 65_504, 65_504, 65_504, -65_504, -65_504])
    }

    @Test func whatIsNoNumberStaysNone() {
        #expect(convert([.nan, -.nan, .signalingNaN]).allSatisfy { $0.isNaN })
    }

    @Test func tinyNumbersKeepTheirSign() {
        #expect(convert([0, -0.0, 1e-20, -1e-20]).map(\.bitPattern) == [0, 0x8000, 0, 0x8000])
    }
}
