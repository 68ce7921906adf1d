import AVPrepCore
import Testing

@testable import AVPrepVision

@Suite struct StillnessTests {
    @Test func theDifferenceIsTheMeanOfAbsoluteDifferences() {
        let first = Pictures.make(4, 2, 1) { x, _, _ in Double(x * 50) }
        let second = Pictures.make(4, 2, 1) { x, y, _ in Double(x * 50) + (y == 0 ? 10 : 0) - (x == 3 ? 4 : 0) }
        // Row 0: 10, 10, 10, 6; row 1: 0, 0, 0, 4.
        #expect(Stillness.difference(first, second) == 5)
    }

    @Test func aRepeatedPictureIsFrozenAndAMovingOneIsNot() {
        let texture = Texture(seed: 2)
        let still = Pictures.grey(32, 24, of: texture)
        let moving = (0..<6).map {
            Pictures.grey(32, 24, of: texture, Pictures.view(32, 24, shift: Point(Double($0), 0)))
        }
        #expect(Stillness.differences(of: [still, still, still]) == [0, 0, 0])
        #expect(Stillness.measure([0, 0, 0]) == Stillness.Measure(share: 1, longest: 3, meanChange: 0))
        let differences = Stillness.differences(of: moving)
        #expect(differences.count == 6)
        #expect(differences[0] == differences[1])
        #expect(Stillness.measure(differences).share == 0 && Stillness.measure(differences).meanChange > 1)
    }

    /// An encoder's key frame differs a little from the frames that repeat it.
    @Test func aStillStretchSurvivesSingleFramesThatDiffer() {
        let differences: [Float] = [3, 0, 0, 0, 0.5, 0, 0, 3, 3, 0, 0]
        let measure = Stillness.measure(differences)
        #expect(measure.longest == 5)
        #expect(abs(measure.share - 7 / 11) < 1e-9)
        #expect(Stillness.measure([]).longest == 0)
    }

    @Test func oneFrameAndNoFrameHaveNoMotion() {
        #expect(Stillness.differences(of: []) == [])
        #expect(Stillness.differences(of: [Image8(width: 2, height: 2, channels: 1)]) == [0])
    }
}
