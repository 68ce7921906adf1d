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

    /// Which frames show what was shown before them.
    ///
    /// A held picture may change a little from frame to frame: under grain, which has no shape, so that means over blocks
    /// hardly change; and where a key frame draws it anew. A picture that drifts or grows slowly changes less than
    /// that from one frame to the next, but not from one second to the next; and of one in which a small thing moves,
    /// a few blocks change.
    ///
    /// - Parameters:
    ///   - greys: frames of one shot in order, all of one shape.
    ///   - differences: of neighbours, one fewer than there are frames.
    ///   - fps: frames a second, > 0.
    ///   - level: mean difference, in levels, up to which a frame may be the one before.
    /// - Returns: one value for each neighbour, of the later frame.
    package static func held(
        _ greys: [Image8], differences: [Float], fps: Double, level: Float = frozenLevel
    ) throws(VisionError) -> [Bool] {
        precondition(differences.count == max(0, greys.count - 1), "a difference for each two neighbours")
        guard let first = greys.first, greys.count > 1 else { return [] }
        let scale = min(1, Double(blockLines) / Double(min(first.width, first.height)))
        var blocks: [Image8] = []
        for grey in greys {
            let small = Image8(
                width: max(1, Int((Double(first.width) * scale).rounded())),
                height: max(1, Int((Double(first.height) * scale).rounded())), channels: 1)
            try Grey.scale(grey, into: small)
            blocks.append(small)
        }
        let lag = max(1, Int(fps.rounded()))
        return differences.indices.map { index in
            let (before, after) = (index, index + 1)
            guard
                differences[index] <= level
                    || difference(blocks[before], blocks[after]) <= grainShare * differences[index]
            else { return false }
            // A second back or a second ahead: at the ends of a held stretch, one of them is in it.
            let (past, future) = (max(0, after - lag), min(blocks.count - 1, before + lag))
            let reach = max(after - past, future - before)
            return (after - past == reach && isSame(blocks[past], blocks[after]))
                || (future - before == reach && isSame(blocks[before], blocks[future]))
        }
    }

    /// Lines of the small pictures whose pixels are means over blocks.
    private static let blockLines = 32
    /// Change of the blocks' means, as a share of the pixels', that grain causes at most.
    private static let grainShare: Float = 0.3
    /// Mean change of blocks, in levels, within a second, up to which a picture is held.
    private static let largestDrift: Float = 0.6
    /// Change of a block, in levels, that grain and an encoder do not cause.
    private static let movedBlock = 8
    /// So many of them are a thing that moves.
    private static let movedBlocks = 3

    private static func isSame(_ first: Image8, _ second: Image8) -> Bool {
        guard difference(first, second) <= largestDrift else { return false }
        let moved = zip(first.pixels, second.pixels).count { abs(Int($0) - Int($1)) >= movedBlock }
        return moved < movedBlocks
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
    ///   - held: of a stretch's frames, as ``held(_:differences:fps:level:)`` tells them.
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
