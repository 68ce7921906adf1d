import AVPrepTorch
import Foundation
import TestSupport
import Testing

/// Parent of all tests that compute: they run one after the other, and where `make engine` has built an engine.
@Suite(.serialized, .enabled(if: Products.hasEngine, "make engine builds it"))
struct EngineTests {
    /// The engine of all tests: one thread on the CPU, so that results are the same everywhere.
    static func engine() throws -> Engine { try Engine.load(device: .cpu, threads: 1) }
}

/// Whether tests that compare with torch itself run.
let torchIsAvailable = Oracle.isAvailable && Products.hasEngine

/// Numbers in [−1, 1) that look random and are the same everywhere.
func noise(_ count: Int, seed: Int = 1) -> [Float] {
    (0..<count).map { index in
        let mixed = (index &+ 1) &* 2_654_435_761 &+ seed &* 40503
        return Float(((mixed >> 7) ^ mixed) & 0xFFFF) / 32768 - 1
    }
}

/// The largest difference of two lists of the same length; infinite where one is not a number.
func largestDifference(_ left: [Float], _ right: [Float]) -> Float {
    guard left.count == right.count else { return .infinity }
    return zip(left, right).reduce(0) { largest, pair in
        let difference = abs(pair.0 - pair.1)
        return difference.isNaN ? .infinity : max(largest, difference)
    }
}
