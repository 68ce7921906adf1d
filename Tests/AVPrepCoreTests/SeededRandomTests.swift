import AVPrepCore
import Testing

@Suite struct SeededRandomTests {
    /// The reference implementation's numbers for the state that splitmix64 makes of seed 0, so files made on one machine
    /// are those made on another.
    @Test func theStreamOfASeedIsFixed() {
        var random = SeededRandom(seed: 0)
        let first = (0..<3).map { _ in random.next() }
        #expect(first == [0x99EC_5F36_CB75_F2B4, 0xBF6E_1F78_4956_452A, 0x1A5F_849D_4933_E6E0])
    }

    @Test func namesGiveStreamsOfTheirOwn() {
        var a = SeededRandom(seed: 1, for: "a")
        var b = SeededRandom(seed: 1, for: "b")
        var again = SeededRandom(seed: 1, for: "a")
        let first = a.next()
        #expect(first != b.next())
        #expect(first == again.next())
    }

    @Test func numbersBelowABoundAreUniform() {
        var random = SeededRandom(seed: 3)
        var counts = [Int](repeating: 0, count: 7)
        for _ in 0..<70_000 { counts[random.below(7)] += 1 }
        // Chi-square with 6 degrees of freedom: above 22.5 once in a thousand.
        let chiSquare = counts.reduce(0.0) { $0 + Double(($1 - 10_000) * ($1 - 10_000)) / 10_000 }
        #expect(chiSquare < 22.5, "\(counts)")
    }

    @Test func normalNumbersHaveMeanZeroAndDeviationOne() {
        var random = SeededRandom(seed: 4)
        let numbers = (0..<50_000).map { _ in random.normal() }
        let mean = numbers.reduce(0, +) / 50_000
        let variance = numbers.reduce(0) { $0 + $1 * $1 } / 50_000 - mean * mean
        #expect(abs(mean) < 0.02)
        #expect(abs(variance - 1) < 0.03)
    }

    @Test func shufflingKeepsEveryItem() {
        var random = SeededRandom(seed: 5)
        let shuffled = random.shuffled(0..<100)
        #expect(shuffled != Array(0..<100))
        #expect(shuffled.sorted() == Array(0..<100))
        #expect(random.shuffled([Int]()).isEmpty)
    }
}
