package import AVPrepModel

/// Measures how much a picture changes from frame to frame, and how much of a segment is frozen.
package enum FreezeAnalysis {
    /// Mean difference, in grey levels, up to which a frame of a held picture is frozen. The noise of an encoder that
    /// repeats a picture is below; that of a street where nothing happens is above (0.3 to 0.6 in a real clip).
    package static let frozenLevel: Float = 0.15

    /// The mean absolute difference of two grey pictures of one shape, in grey levels 0...255.
    package static func difference(_ first: PixelBuffer, _ second: PixelBuffer) -> Float {
        precondition(first.channels == 1 && first.hasShape(of: second), "the pictures must be grey and of one shape")
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

    /// The state of each frame relative to the previous one, see ``FreezeDetector``.
    ///
    /// - Parameters:
    ///   - greys: frames of one shot in order, all of one shape.
    ///   - differences: between consecutive frames, one fewer than there are frames.
    ///   - fps: frames per second, > 0.
    ///   - level: mean difference, in grey levels, up to which a held picture is frozen.
    /// - Returns: one state per pair of consecutive frames, that of the later frame.
    package static func findings(
        _ greys: [PixelBuffer], differences: [Float], fps: Double, level: Float = frozenLevel
    ) throws(VisionError) -> [FreezeDetector.Finding] {
        let maker = FreezeDetector.blockPictures()
        var blocks: [[UInt8]] = []
        for grey in greys { blocks.append(try maker.make(of: grey)) }
        return findings(blocks: blocks, differences: differences, fps: fps, level: level)
    }

    /// The same for frames whose blocks are known.
    ///
    /// - Parameter blocks: from ``FreezeDetector/blockPictures()``.
    package static func findings(
        blocks: [[UInt8]], differences: [Float], fps: Double, level: Float = frozenLevel
    ) -> [FreezeDetector.Finding] {
        precondition(
            differences.count == max(0, blocks.count - 1), "every pair of consecutive frames needs a difference")
        var pictures = FreezeDetector(fps: fps, level: level)
        var findings: [FreezeDetector.Finding] = []
        for (index, frame) in blocks.enumerated() {
            if let finding = pictures.push(blocks: frame, change: index > 0 ? differences[index - 1] : 0) {
                findings.append(finding)
            }
        }
        return findings + pictures.finish()
    }

    /// Freeze statistics of a run of frames.
    package struct Measure: Sendable, Equatable {
        /// Fraction of frames that show the same as the previous frame, 0...1.
        package var share: Double
        /// Length of the longest frozen run, in frames; single frames in it may differ, such as an encoder's key frame.
        package var longest: Int
        /// Mean difference between frames, in grey levels.
        package var meanChange: Double
    }

    /// - Parameters:
    ///   - findings: the frames' states, from ``findings(_:differences:fps:level:)``.
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
