import AVPrepCore
import Testing

@Suite struct NumberTextTests {
    @Test(
        arguments: [
            (0.15, "0.15"), (-60.3, "-60.3"), (0, "0.0"), (1e-20, "1e-20"), (16_777_216, "16777216.0"),
            (0.1 + 0.2, "0.3"),
        ] as [(Float, String)])
    func aSinglePrecisionNumberPrintsAsItWasTyped(value: Float, text: String) {
        #expect("\(value.asWritten)" == text)
        // Nothing of it is lost.
        #expect(Float(value.asWritten) == value)
    }

    @Test func whatIsNoNumberStaysSo() {
        #expect(Float.nan.asWritten.isNaN)
        #expect(Float.infinity.asWritten == .infinity)
        #expect((-Float.infinity).asWritten == -.infinity)
    }

    @Test func everyKindOfSinglePrecisionNumberComesBack() {
        var random = SeededRandom(seed: 1)
        for _ in 0..<10_000 {
            let value = Float(bitPattern: UInt32(truncatingIfNeeded: random.next()))
            if value.isFinite { #expect(Float(value.asWritten) == value) }
        }
    }

    @Test func wholeNumbersHaveNoNeedlessFraction() {
        #expect((25.0).shortText == "25")
        #expect((29.97).shortText == "29.97")
    }
}
