package import AVPrepCore

/// How much a picture changes from frame to frame: tells frozen stretches from living ones.
package enum Stillness {
    /// Mean difference, in grey levels, up to which a frame counts as frozen. The noise of an encoder that repeats a
    /// picture stays below; a face that speaks in a still room lies above.
    package static let frozenLevel: Float = 0.15

    /// The mean absolute difference of two grey pictures of one shape, in grey levels 0...255.
    package static func difference(_ first: Image8, _ second: Image8) -> Float {
        precondition(first.channels == 1 && first.hasShape(of: second), "difference of grey pictures of one shape")
        guard let a = first.pixels.baseAddress, let b = second.pixels.baseAddress else { return 0 }
        var sum = 0
        // Row by row: 32 bits hold a row's sum, and the compiler vectorises the inner loop.
        for row in 0..<first.height {
            var rowSum: UInt32 = 0
            for index in row * first.width..<(row + 1) * first.width {
                let difference = Int16(a[index]) &- Int16(b[index])
                rowSum &+= UInt32(difference.magnitude)
            }
            sum += Int(rowSum)
        }
        return Float(Double(sum) / Double(first.width * first.height))
    }

    /// One value a frame: its difference from the frame before. The first frame takes the value of the second, so that
    /// a frozen stretch is zero throughout; a single frame gives `[0]`.
    package static func differences(of greys: [Image8]) -> [Float] {
        guard greys.count > 1 else { return greys.map { _ in 0 } }
        let values = zip(greys, greys.dropFirst()).map(difference)
        return [values[0]] + values
    }

    /// What a stretch of frames shows of stillness.
    package struct Measure: Sendable, Equatable {
        /// Share of the frames that show what the frame before showed, 0...1.
        package var share: Double
        /// Frames of the longest stretch of such, in which single ones may differ: an encoder's key frame does.
        package var longest: Int
        /// Mean difference from frame to frame, in grey levels.
        package var meanChange: Double
    }

    /// - Parameter differences: of neighbouring frames of a stretch, in grey levels.
    package static func measure(_ differences: [Float], level: Float = frozenLevel) -> Measure {
        guard !differences.isEmpty else { return Measure(share: 0, longest: 0, meanChange: 0) }
        var (longest, run, interrupted) = (0, 0, false)
        for difference in differences {
            if difference <= level {
                run += 1
                interrupted = false
            } else if run > 0, !interrupted {
                interrupted = true
            } else {
                run = 0
                interrupted = false
            }
            longest = max(longest, run)
        }
        let still = differences.count { $0 <= level }
        let sum = differences.reduce(0.0) { $0 + Double($1) }
        return Measure(
            share: Double(still) / Double(differences.count), longest: longest,
            meanChange: sum / Double(differences.count))
    }
}
