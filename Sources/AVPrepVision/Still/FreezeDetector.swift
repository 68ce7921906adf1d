package import AVPrepModel

/// Tells in a stream of frames which ones show what was shown before them: a picture that is held.
///
/// A held picture is not the same in every frame: film has grain, and an encoder draws a picture ever more sharply, and
/// anew with each key frame. What tells grain from motion is time: the mean of several frames loses the grain, and two
/// such means a second apart are alike where nothing moves. So a picture is held for a stretch of a second if the means
/// over its parts agree, over blocks of the picture: as a whole, lest it drift or grow slowly, and block by block, lest a
/// small thing move. That a block changes much from one frame to the next, as where something swings to and fro,
/// grain does not do either.
///
/// An empty street before a camera that stands is held too, for as long as nothing comes. What tells a film that stops
/// from it is that then there is no noise either: such a stretch is frozen.
package struct FreezeDetector {
    /// What a frame shows, against the one before it.
    package enum Finding: Int, Sendable {
        case moving, held, frozen
    }

    /// Lines of the small pictures whose pixels are the blocks.
    static let blockLines = 32
    /// Length of a stretch, in seconds.
    static let stretchSeconds = 1.0
    /// Length of the parts of which means are taken, in seconds.
    static let partSeconds = 0.32
    /// Change of a block's mean within a stretch, in levels, that grain and an encoder do not cause: on the first 50 cases
    /// of each kind of `avprep-bench still`, the third largest of a picture is at most 3.9 where it is held.
    static let movedBlock = 4
    /// The same from one frame to the next.
    static let jumpedBlock = 8
    /// So many such blocks are something that moves.
    static let movedBlocks = 3

    /// Mean change of the blocks within a stretch, in levels, up to which the picture is held. On the cases named above it
    /// is at most 0.9 where the picture is held, the most where an encoder still sharpens it, and at least 2 where it
    /// grows or slides slowly.
    static let largestDrift: Float = 0.8

    /// Mean change from frame to frame, in levels, up to which a stretch is frozen: the median of those that change at all.
    private let frozenLevel: Float
    /// Frames from a stretch's first to its last.
    private let reach: Int
    private let partLength: Int
    private var small: PixelBuffer?
    /// The last frames' blocks, at most as many as a stretch has, oldest first.
    private var blocks: [[UInt8]] = []
    /// Sums over the last ``partLength`` frames, as of each of ``blocks``; empty while there are not as many.
    private var sums: [[UInt16]] = []
    /// Whether something jumped with each of ``blocks``, from the one before.
    private var jumps: [Bool] = []
    /// By how much the picture changed with each of ``blocks``, in grey levels.
    private var changes: [Float] = []
    /// Of the last frames, but the one that ``blocks`` begins with: what is known of each.
    private var pending: [Finding] = []
    private var count = 0

    /// - Parameters:
    ///   - fps: frames per second of the stream, > 0.
    ///   - level: mean change from frame to frame, in grey levels, up to which a held picture is frozen.
    package init(fps: Double, level: Float = Stillness.frozenLevel) {
        precondition(fps > 0, "\(fps) frames a second")
        frozenLevel = level
        reach = max(1, Int((Self.stretchSeconds * fps).rounded()))
        partLength = min(255, max(1, Int((Self.partSeconds * fps).rounded())))
    }

    /// Takes the next frame.
    ///
    /// - Parameters:
    ///   - grey: one channel; all frames of one shape. Not kept.
    ///   - change: ``Stillness/difference(_:_:)`` from the frame before; 0 for the first one.
    /// - Returns: what is now known of a frame a second ago, against the one before it. Nothing for the first frames.
    package mutating func push(_ grey: PixelBuffer, change: Float) throws(VisionError) -> Finding? {
        let newest = try makeBlocks(grey)
        if let last = blocks.last {
            jumps.append(Self.changed(newest, last, by: Self.jumpedBlock) >= Self.movedBlocks)
            pending.append(.moving)
        } else {
            jumps.append(false)
        }
        changes.append(change)
        blocks.append(newest)
        sums.append(nextSum())
        count += 1
        if blocks.count > reach + 1 {
            blocks.removeFirst()
            sums.removeFirst()
            jumps.removeFirst()
            changes.removeFirst()
        }
        guard blocks.count == reach + 1 else { return nil }
        markStretch()
        return pending.removeFirst()
    }

    /// Ends the stream: what is known of the last frames, of each but the first where there are fewer than a second's.
    package mutating func finish() -> [Finding] {
        if count <= reach, blocks.count > 1 { markStretch() }
        let rest = pending
        (blocks, sums, jumps, changes, pending, count) = ([], [], [], [], [], 0)
        return rest
    }

    /// Marks the frames of the stretch that ends with the newest one, if the picture is held in it.
    private mutating func markStretch() {
        guard !jumps.dropFirst().contains(true), isHeld else { return }
        // Frames that a change of rate repeats are no sign of a film that stands.
        let changed = changes.dropFirst().filter { $0 > 0 }.sorted()
        let isFrozen = changed.isEmpty || changed[changed.count / 2] <= frozenLevel
        for index in pending.indices.suffix(blocks.count - 1) where pending[index] != .frozen {
            pending[index] = isFrozen ? .frozen : .held
        }
    }

    private var isHeld: Bool {
        let last = blocks.count - 1
        // Too short for parts: its frames themselves.
        guard blocks.count >= 2 * partLength else {
            return [last / 2, last].allSatisfy { isSame(blocks[0], blocks[$0], 1) }
        }
        let parts = blocks.count / partLength
        let ends = (0..<parts).map { partLength - 1 + $0 * (last + 1 - partLength) / (parts - 1) }
        for (place, end) in ends.enumerated() {
            for other in ends[..<place] where !isSame(sums[other], sums[end], partLength) { return false }
        }
        return true
    }

    /// Whether two sums over `length` frames show the same.
    private func isSame<Value: FixedWidthInteger>(_ first: [Value], _ second: [Value], _ length: Int) -> Bool {
        var (sum, moved) = (0, 0)
        for (a, b) in zip(first, second) {
            let change = abs(Int(a) - Int(b))
            sum += change
            if change >= Self.movedBlock * length { moved += 1 }
        }
        return moved < Self.movedBlocks && Float(sum) <= Self.largestDrift * Float(length * first.count)
    }

    private static func changed(_ first: [UInt8], _ second: [UInt8], by levels: Int) -> Int {
        var count = 0
        for (a, b) in zip(first, second) where abs(Int(a) - Int(b)) >= levels { count += 1 }
        return count
    }

    /// The sum over the newest frames: the one before, with the newest and without the oldest.
    private func nextSum() -> [UInt16] {
        guard blocks.count >= partLength else { return [] }
        let newest = blocks[blocks.count - 1]
        if let last = sums.last, !last.isEmpty, blocks.count > partLength {
            let oldest = blocks[blocks.count - 1 - partLength]
            return last.indices.map { last[$0] + UInt16(newest[$0]) - UInt16(oldest[$0]) }
        }
        var sum = [UInt16](repeating: 0, count: newest.count)
        for frame in blocks.suffix(partLength) {
            for index in sum.indices { sum[index] += UInt16(frame[index]) }
        }
        return sum
    }

    private mutating func makeBlocks(_ grey: PixelBuffer) throws(VisionError) -> [UInt8] {
        precondition(grey.channels == 1, "stillness of grey pictures")
        let scale = min(1, Double(Self.blockLines) / Double(min(grey.width, grey.height)))
        let width = max(1, Int((Double(grey.width) * scale).rounded()))
        let height = max(1, Int((Double(grey.height) * scale).rounded()))
        let small: PixelBuffer
        if let kept = self.small, kept.width == width, kept.height == height {
            small = kept
        } else {
            small = PixelBuffer(width: width, height: height, channels: 1)
            self.small = small
        }
        try Grey.scale(grey, into: small)
        return Array(small.pixels)
    }
}
