package import AVPrepModel

/// How much a picture changes from frame to frame: tells frozen stretches from living ones.
package enum Stillness {
    /// Mean difference, in grey levels, up to which a frame of a held picture counts as frozen. The noise of an encoder that
    /// repeats a picture stays below; that of a street where nothing happens is above (0.3 to 0.6 in a real clip).
    package static let frozenLevel: Float = 0.15

    /// The mean absolute difference of two grey pictures of one shape, in grey levels 0...255.
    package static func difference(_ first: PixelBuffer, _ second: PixelBuffer) -> Float {
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

    /// Which frames show what was shown before them, see ``FreezeDetector``.
    ///
    /// - Parameters:
    ///   - greys: frames of one shot in order, all of one shape.
    ///   - differences: of neighbours, one fewer than there are frames.
    ///   - fps: frames per second, > 0.
    ///   - level: mean difference, in grey levels, up to which a held picture is frozen.
    /// - Returns: one value for each neighbour, of the later frame.
    package static func findings(
        _ greys: [PixelBuffer], differences: [Float], fps: Double, level: Float = frozenLevel
    ) throws(VisionError) -> [FreezeDetector.Finding] {
        precondition(differences.count == max(0, greys.count - 1), "a difference for each two neighbours")
        var pictures = FreezeDetector(fps: fps, level: level)
        var findings: [FreezeDetector.Finding] = []
        for (index, grey) in greys.enumerated() {
            if let finding = try pictures.push(grey, change: index > 0 ? differences[index - 1] : 0) {
                findings.append(finding)
            }
        }
        return findings + pictures.finish()
    }

    /// What a stretch of frames shows of stillness.
    package struct Measure: Sendable, Equatable {
        /// Share of the frames that show what the frame before showed, 0...1.
        package var share: Double
        /// Frames of the longest frozen stretch, in which single ones may differ: an encoder's key frame does.
        package var longest: Int
        /// Mean difference from frame to frame, in grey levels.
        package var meanChange: Double
    }

    /// - Parameters:
    ///   - findings: of a stretch's frames, as ``findings(_:differences:fps:level:)`` tells them.
    ///   - differences: the same frames' changes, in grey levels.
    package static func measure(_ findings: [FreezeDetector.Finding], differences: [Float]) -> Measure {
        guard !findings.isEmpty else { return Measure(share: 0, longest: 0, meanChange: 0) }
        var (longest, run, interrupted) = (0, 0, false)
        for finding in findings {
            if finding == .frozen {
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
        let sum = differences.reduce(0.0) { $0 + Double($1) }
        return Measure(
            share: Double(findings.count { $0 != .moving }) / Double(findings.count), longest: longest,
            meanChange: sum / Double(max(1, differences.count)))
    }
}
