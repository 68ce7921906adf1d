package import AVPrepCore

/// Finds hard cuts in a stream of frames, with a short constant delay.
///
/// After PySceneDetect's adaptive content detector (scenedetect.com, `AdaptiveDetector`): a cut is a change of picture
/// that is large, and several times larger than the changes around it, so that fast motion is not taken for cuts.
/// Three things are its own. Frames that a change of frame rate repeats do not count among "the changes around". A cut
/// changes the picture everywhere and for good, so neither something that moves, glows or appears in a part of it is
/// one, nor a flash: the picture after it is the one before it. And neither is light switched on: the picture keeps
/// its pattern.
package struct CutDetector {
    /// Least change of a cut: the mean over pixels of |ΔY| + (|ΔCb| + |ΔCr|) / 2, in levels.
    static let smallestChange: Float = 10
    /// How many times larger than the changes around it a cut must be.
    static let smallestRatio: Float = 3
    /// Changes below this are repeated frames.
    static let repeatedChange: Float = 0.05
    /// A tile shows what it showed before if it differs from that by less than this share of the picture's change.
    static let unchangedTile: Float = 1 / 3
    /// After a cut at most this share of the tiles shows what was there before.
    static let largestUnchangedShare: Float = 1 / 3
    /// Brightness, in levels, below which what stays so is black: it says nothing about the picture.
    static let blackLevel: Float = 24
    /// Correlation of brightness from which two pictures show the same thing in another light.
    static let samePattern: Float = 0.93
    /// Changes looked at on each side, at most.
    static let neighbourCount = 2
    /// The short side of what is compared: small enough that noise and small motion vanish.
    static let shortSide = 27

    /// Frames by which a cut is reported late: the longest flash, 3 frames at 25 fps and 0.12 s at higher rates.
    package let latency: Int

    private var small: Image8?
    private var grid: TileGrid?
    /// The last frames, oldest first; `firstIndex` is the absolute index of `thumbnails[0]`.
    private var thumbnails: [Thumbnail] = []
    /// `changes[k]`: from the frame before to `thumbnails[k]`.
    private var changes: [Float] = []
    private var firstIndex = 0
    private var frameCount = 0
    private let historyLength: Int

    /// - Parameter fps: frames a second of the stream, > 0.
    package init(fps: Double) {
        precondition(fps > 0, "\(fps) frames a second")
        latency = max(3, Int((0.12 * fps).rounded()))
        // Half a second back there are enough frames that are not repeated.
        historyLength = latency + 1 + max(latency + 1, Int((0.5 * fps).rounded(.up)))
    }

    /// Takes the next frame.
    ///
    /// - Parameter rgb: three channels; all frames of one shape. Not kept.
    /// - Returns: absolute indices (the first frame pushed is 0) of frames that start a new shot, each at most
    ///   ``latency`` pushes after that frame's own. Never 0.
    package mutating func push(_ rgb: Image8) throws(VisionError) -> [Int] {
        precondition(rgb.channels == 3, "cuts are found in RGB")
        let thumbnail = try makeThumbnail(rgb)
        changes.append(thumbnails.last.map(thumbnail.change) ?? 0)
        thumbnails.append(thumbnail)
        frameCount += 1
        if thumbnails.count > historyLength {
            thumbnails.removeFirst()
            changes.removeFirst()
            firstIndex += 1
        }
        let candidate = frameCount - 1 - latency
        return candidate > 0 && startsShot(candidate) ? [candidate] : []
    }

    /// Ends the stream: decides about the last frames with what there is.
    package mutating func finish() -> [Int] {
        let undecided = max(1, frameCount - latency)..<max(1, frameCount)
        defer {
            thumbnails = []
            changes = []
            firstIndex = frameCount
        }
        return undecided.filter(startsShot)
    }

    // MARK: - Judging one frame

    private func startsShot(_ index: Int) -> Bool {
        let position = index - firstIndex
        guard position > 0, position < thumbnails.count, changes[position] >= Self.smallestChange else { return false }
        return changes[position] >= Self.smallestRatio * changeAround(position)
            && thumbnails[position - 1].correlation(with: thumbnails[position], blackLevel: Self.blackLevel)
                < Self.samePattern
            && unchangedShare(position) <= Self.largestUnchangedShare
    }

    /// The mean of the nearest changes on both sides that are not repeated frames.
    private func changeAround(_ position: Int) -> Float {
        let before = changes[1..<position].reversed().lazy.filter { $0 > Self.repeatedChange }
        let end = min(changes.count, position + 1 + latency)
        let after = changes[(position + 1)..<end].lazy.filter { $0 > Self.repeatedChange }
        let values = Array(before.prefix(Self.neighbourCount)) + Array(after.prefix(Self.neighbourCount))
        return values.isEmpty ? 0 : values.reduce(0, +) / Float(values.count)
    }

    /// The share of tiles that the change leaves alone or that are restored soon: in some frame after it, as long as a
    /// flash may last, they look as in some frame before it, as long ago. Tiles that stay black do not count.
    private func unchangedShare(_ position: Int) -> Float {
        guard let grid else { return 0 }
        let limit = Self.unchangedTile * changes[position]
        var isUnchanged = [Bool](repeating: false, count: grid.count)
        for after in thumbnails[position...min(thumbnails.count - 1, position + latency)] {
            for before in thumbnails[max(0, position - 1 - latency)..<position] {
                for (tile, change) in after.changes(from: before, in: grid).enumerated() where change < limit {
                    isUnchanged[tile] = true
                }
            }
        }
        let brightness = zip(
            thumbnails[position - 1].brightness(in: grid), thumbnails[position].brightness(in: grid)
        ).map(max)
        let unchanged = isUnchanged.indices.count { isUnchanged[$0] && brightness[$0] >= Self.blackLevel }
        let changed = isUnchanged.count { !$0 }
        return changed == 0 ? 1 : Float(unchanged) / Float(unchanged + changed)
    }

    private mutating func makeThumbnail(_ rgb: Image8) throws(VisionError) -> Thumbnail {
        let scale = min(1, Double(Self.shortSide) / Double(min(rgb.width, rgb.height)))
        let width = max(1, Int((Double(rgb.width) * scale).rounded()))
        let height = max(1, Int((Double(rgb.height) * scale).rounded()))
        let small: Image8
        if let kept = self.small, kept.width == width, kept.height == height {
            small = kept
        } else {
            small = Image8(width: width, height: height, channels: 3)
            self.small = small
            grid = TileGrid(width: width, height: height)
        }
        try Grey.scale(rgb, into: small)
        return Thumbnail(small)
    }
}
