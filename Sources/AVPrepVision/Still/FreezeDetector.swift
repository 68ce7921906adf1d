package import AVPrepModel

/// Detects held pictures in a stream of frames: frames that show the same picture as before.
///
/// A held picture is not identical in every frame: film has grain, and an encoder refines a picture over time, and
/// restarts with each key frame. Averaging over time separates grain from motion: the mean of several frames loses the
/// grain, and two such means a second apart are similar where nothing moves. So a picture is held over a second if the
/// means over the parts of that second agree, over blocks of the picture: as a whole, to detect slow drift or growth,
/// and block by block, to detect a small moving object. A large change of one block between two frames, as of an object
/// that swings to and fro, is not caused by grain either.
///
/// An empty street before a static camera is held too, until something moves. A stopped film differs from it in having
/// no noise: it is frozen.
package struct FreezeDetector {
    /// The state of a frame relative to the previous one.
    package enum Finding: Int, Sendable {
        case moving, held, frozen
    }

    /// Number of rows of the small pictures whose pixels are the blocks.
    package static let blockLines = 32
    /// Largest number of blocks in a row or column, whatever the aspect ratio.
    package static let mostBlocks = 512

    /// Makes the small pictures whose pixels are the blocks.
    package static func blockPictures() -> SmallPictures {
        SmallPictures(shorterSide: blockLines, longestSide: mostBlocks)
    }
    /// Length of the compared window, in seconds.
    static let stretchSeconds = 1.0
    /// Length of the parts of the window that are averaged, in seconds.
    static let partSeconds = 0.32
    /// Maximum change of a block's mean within a window, in levels, caused by grain and an encoder: on the first 50
    /// cases of each kind of `avprep-bench still`, the third largest of a picture is at most 3.9 where it is held.
    static let movedBlock = 4
    /// The same from one frame to the next.
    static let jumpedBlock = 8
    /// Minimum number of such blocks that count as a moving object.
    static let movedBlocks = 3

    /// Maximum mean change of the blocks within a window, in levels, of a held picture. On the cases named above it is
    /// at most 0.9 where the picture is held, the largest where an encoder still refines it, and at least 2 where it
    /// grows or slides slowly.
    static let largestDrift: Float = 0.8

    /// Maximum mean change between frames, in levels, of a frozen window: the median of the non-zero changes.
    private let frozenLevel: Float
    /// Number of frames from a window's first to its last.
    private let reach: Int
    private let partLength: Int
    private let maker = FreezeDetector.blockPictures()
    /// The blocks of the last frames, at most those of one window, oldest first.
    private var blocks: [[UInt8]] = []
    /// Sums over the last ``partLength`` frames, at each of ``blocks``; empty while there are fewer frames.
    private var sums: [[UInt16]] = []
    /// Whether blocks jumped from the previous frame to each of ``blocks``.
    private var jumps: [Bool] = []
    /// Change of the picture from the previous frame to each of ``blocks``, in grey levels.
    private var changes: [Float] = []
    /// The current state of each of the last frames, starting after the first of ``blocks``.
    private var pending: [Finding] = []
    private var count = 0
    /// Whether the picture has been held for a second, up to the newest frame.
    package private(set) var isHolding = false

    /// - Parameters:
    ///   - fps: frames per second of the stream, > 0.
    ///   - level: mean change between frames, in grey levels, up to which a held picture is frozen.
    package init(fps: Double, level: Float = FreezeAnalysis.frozenLevel) {
        precondition(fps > 0, "the frame rate must be positive, not \(fps)")
        frozenLevel = level
        reach = max(1, Int((Self.stretchSeconds * fps).rounded()))
        partLength = min(255, max(1, Int((Self.partSeconds * fps).rounded())))
    }

    /// Processes the next frame.
    ///
    /// - Parameters:
    ///   - grey: one channel; all frames of one shape. Not retained.
    ///   - change: ``FreezeAnalysis/difference(_:_:)`` from the frame before; 0 for the first one.
    /// - Returns: the final state of the frame one second ago, relative to the frame before it; nil for the first
    ///   frames.
    package mutating func push(_ grey: PixelBuffer, change: Float) throws(VisionError) -> Finding? {
        push(blocks: try maker.make(of: grey), change: change)
    }

    /// The same for a frame whose blocks are known.
    ///
    /// - Parameter newest: from ``FreezeDetector/blockPictures()``.
    package mutating func push(blocks newest: [UInt8], change: Float) -> Finding? {
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
        isHolding = markStretch()
        return pending.removeFirst()
    }

    /// Ends the stream: the states of the last frames, of each but the first where there are fewer than a second's.
    package mutating func finish() -> [Finding] {
        if count <= reach, blocks.count > 1 { _ = markStretch() }
        isHolding = false
        let rest = pending
        (blocks, sums, jumps, changes, pending, count) = ([], [], [], [], [], 0)
        return rest
    }

    /// Marks the frames of the window that ends with the newest frame, if the picture is held in it.
    ///
    /// - Returns: whether it is.
    private mutating func markStretch() -> Bool {
        guard !jumps.dropFirst().contains(true), isHeld else { return false }
        // Frames repeated by a frame rate conversion are not evidence of a freeze.
        let changed = changes.dropFirst().filter { $0 > 0 }.sorted()
        let isFrozen = changed.isEmpty || changed[changed.count / 2] <= frozenLevel
        for index in pending.indices.suffix(blocks.count - 1) where pending[index] != .frozen {
            pending[index] = isFrozen ? .frozen : .held
        }
        return true
    }

    private var isHeld: Bool {
        let last = blocks.count - 1
        // Too short for parts: compare its frames themselves.
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

    /// Whether two sums over `length` frames show the same picture.
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

    /// The sum over the newest frames: the previous sum, plus the newest and minus the oldest frame.
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
}
