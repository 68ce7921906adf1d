import Foundation

/// A small, fast random generator that yields the same numbers on every machine: xoshiro256** seeded by splitmix64.
///
/// Blackman & Vigna, "Scrambled Linear Pseudorandom Number Generators", ACM TOMS 47(4), 2021,
/// doi:10.1145/3460772. All randomness in avprep comes from these generators, seeded by the run's seed and the name of
/// what is drawn, never by time or thread, so the same settings give the same bytes for any number of workers.
package struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    /// - Parameter seed: any number; neighbouring seeds give unrelated streams.
    package init(seed: UInt64) {
        var mixer = seed
        func next() -> UInt64 {
            mixer &+= 0x9E37_79B9_7F4A_7C15
            return Self.mix(mixer)
        }
        state = (next(), next(), next(), next())
    }

    /// The stream of `seed` that belongs to `name` (for instance a video's id, or "pairs/easy").
    package init(seed: UInt64, for name: String) {
        self.init(seed: Self.combine(seed, Self.hash(name)))
    }

    package mutating func next() -> UInt64 {
        let result = Self.rotate(state.1 &* 5, by: 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = Self.rotate(state.3, by: 45)
        return result
    }

    /// A number in `[0, 1)` with 53 random bits.
    package mutating func unit() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// A number in `[range.lowerBound, range.upperBound)`; the lower bound when the range is empty.
    package mutating func uniform(_ range: ClosedRange<Double>) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound) * unit()
    }

    /// An integer in `[0, bound)`, without the bias of a plain remainder (Lemire, doi:10.1145/3230636).
    package mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0, "the bound of a random integer must be positive, not \(bound)")
        let range = UInt64(bound)
        var product = next().multipliedFullWidth(by: range)
        if product.low < range {
            let threshold = (0 &- range) % range
            while product.low < threshold { product = next().multipliedFullWidth(by: range) }
        }
        return Int(product.high)
    }

    /// A normally distributed number with mean 0 and standard deviation 1 (Marsaglia's polar method, one of each pair
    /// is used).
    package mutating func normal() -> Double {
        while true {
            let x = 2 * unit() - 1
            let y = 2 * unit() - 1
            let square = x * x + y * y
            if square > 0, square < 1 { return x * (-2 * log(square) / square).squareRoot() }
        }
    }

    /// `items` in random order (Fisher-Yates), the same on every platform.
    package mutating func shuffled<Item>(_ items: some Sequence<Item>) -> [Item] {
        var items = Array(items)
        guard items.count > 1 else { return items }
        for last in stride(from: items.count - 1, to: 0, by: -1) { items.swapAt(last, below(last + 1)) }
        return items
    }

    /// A 64-bit FNV-1a hash of `text`, finalised by splitmix64's mixer. Not cryptographic.
    package static func hash(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return mix(hash)
    }

    /// Combines two seeds into one; their order matters.
    package static func combine(_ first: UInt64, _ second: UInt64) -> UInt64 {
        mix(mix(first &+ 0x9E37_79B9_7F4A_7C15) ^ second)
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var value = value
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    private static func rotate(_ value: UInt64, by count: UInt64) -> UInt64 {
        (value << count) | (value >> (64 - count))
    }
}
