package import AVPrepCore

/// How much a picture changes from frame to frame: tells frozen stretches from living ones.
package enum Stillness {
    /// Mean change of a picture's blocks within a second, in grey levels, up to which it is held. On the first 50 cases of
    /// each kind of `avprep-bench still` it is at most 0.9 where the picture is held, the most where an encoder still
    /// sharpens it, and at least 2 where it grows or slides slowly.
    package static let heldLevel: Float = 0.8

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

    /// Which frames show what was shown before them, see ``HeldPictures``.
    ///
    /// - Parameters:
    ///   - greys: frames of one shot in order, all of one shape.
    ///   - fps: frames a second, > 0.
    ///   - level: mean change of blocks within a second, in grey levels, up to which the picture is held.
    /// - Returns: one value for each neighbour, of the later frame.
    package static func held(_ greys: [Image8], fps: Double, level: Float = heldLevel) throws(VisionError) -> [Bool] {
        var pictures = HeldPictures(fps: fps, level: level)
        var held: [Bool] = []
        for grey in greys {
            if let isHeld = try pictures.push(grey) { held.append(isHeld) }
        }
        return held + pictures.finish()
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

    /// - Parameters:
    ///   - held: of a stretch's frames, as ``held(_:fps:level:)`` tells them.
    ///   - differences: the same frames' changes, in grey levels.
    package static func measure(held: [Bool], differences: [Float]) -> Measure {
        guard !held.isEmpty else { return Measure(share: 0, longest: 0, meanChange: 0) }
        var (longest, run, interrupted) = (0, 0, false)
        for isHeld in held {
            if isHeld {
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
            share: Double(held.count { $0 }) / Double(held.count), longest: longest,
            meanChange: sum / Double(max(1, differences.count)))
    }
}
