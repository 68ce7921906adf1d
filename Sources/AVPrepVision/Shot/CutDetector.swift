package import AVPrepModel

/// Detects shot changes in a stream of frames with a constant delay: cuts, dissolves and fades.
///
/// After PySceneDetect's adaptive content detector (scenedetect.com, `AdaptiveDetector`): a cut is a change of picture
/// that is large, and several times larger than the changes around it, so that fast motion does not count as a cut. The
/// following is added. Frames repeated by a frame rate conversion do not count among "the changes around it". A cut
/// changes the whole picture permanently, so an object that moves, glows or appears in a part of it is not a cut, and
/// neither is a flash: the picture after it is the one before it. Switching on light is not a cut: the picture keeps
/// its pattern; neither is a jerk of the camera: the picture is the same, displaced. A much smaller change is a cut too
/// where everything else is still.
package struct CutDetector: Sendable {
    /// Changes below this are repeated frames.
    static let repeatedChange: Float = 0.05
    /// A tile is unchanged if it differs from its earlier content by less than this fraction of the picture's change.
    static let unchangedTile: Float = 1 / 3
    /// Maximum fraction of unchanged tiles across a cut.
    static let largestUnchangedShare: Float = 1 / 3
    /// Brightness, in levels, below which an unchanged tile is black and is ignored.
    static let blackLevel: Float = 24
    /// Similarity from which two pictures show the same scene in different light.
    static let samePattern: Float = 0.9
    /// Maximum number of changes examined on each side.
    static let neighbourCount = 2
    /// The short side of the compared thumbnails: small enough that noise and small motion vanish.
    static let shortSide = 27

    /// Minimum change of a jump cut: a cut within one scene, with a static camera, where objects change their places
    /// from one frame to the next.
    static let smallestJump: Float = 2.5
    /// Minimum ratio of a jump cut to the changes around it.
    static let smallestJumpRatio: Float = 6
    /// Minimum change of a tile in a jump cut, in levels.
    static let smallestTileJump: Float = 1.2
    /// Minimum fraction of tiles that a jump cut changes more than motion does.
    static let smallestJumpShare: Float = 0.3
    /// Correlation of brightness below which two pictures have nothing in common.
    static let commonPattern: Float = 0.5
    /// Minimum similarity of consecutive pictures of a fade, averaged over the fade.
    static let fadingPattern: Float = 0.85
    /// A change this many times larger than those around it is not motion.
    static let clearRatio: Float = 7
    /// Nor is a change that this fraction of the tiles show relative to their own changes before and after: an object
    /// that glows or moves in a part of the picture at that moment hides nothing elsewhere. Chosen on the first cases
    /// of `avprep-bench cuts`.
    static let clearShare: Float = 0.5
    /// The picture counts as displaced if the least difference over all shifts is below this fraction of the difference
    /// without a shift.
    static let displaced: Float = 0.5
    /// The same for pictures that have little in common without a shift.
    static let displacedUnlike: Float = 0.4
    /// The same for an otherwise clear change: by accident any two pictures match somewhere.
    static let displacedPlain: Float = 0.3

    /// Maximum delay of a report, in frames: a dissolve is known when it is over.
    package let latency: Int

    private let settings: CutSettings
    private var small: PixelBuffer?
    private let scaler = AreaScaler()
    private var grid: TileGrid?
    private var history = ShotHistory()
    private var thumbnails: [Thumbnail] { history.thumbnails }
    private var changes: [Float] { history.changes }
    private var frameCount = 0
    private let historyLength: Int
    /// The longest flash: 3 frames at 25 fps and 0.12 s at higher rates.
    private let flashLength: Int
    private var dissolves: DissolveDetector
    private var fades: FadeDetector
    /// Detected and not yet reported changes.
    private var waiting: [ShotChange] = []
    /// Extents of the last dissolves and fades: large changes inside them are not cuts.
    private var gradual: [ShotChange] = []

    /// - Parameters:
    ///   - fps: frames per second of the stream, > 0.
    ///   - settings: which changes are detected.
    package init(fps: Double, settings: CutSettings = CutSettings()) {
        precondition(fps > 0, "the frame rate must be positive, not \(fps)")
        self.settings = settings
        flashLength = max(3, Int((0.12 * fps).rounded()))
        dissolves = DissolveDetector(fps: fps)
        fades = FadeDetector(fps: fps)
        latency = settings.enabled ? max(dissolves.delay + dissolves.reach / 2, fades.delay, flashLength + 1) : 0
        historyLength = max(latency + flashLength + 2 + Int((0.5 * fps).rounded(.up)), 2 * dissolves.reach + 2)
    }

    /// Processes the next frame.
    ///
    /// - Parameter rgb: three channels; all frames of one shape. Not retained.
    /// - Returns: shot changes, ordered by the frames that start new segments (the first frame pushed is 0, and no
    ///   segment starts with it), each at most ``latency`` pushes after that frame.
    package mutating func push(_ rgb: PixelBuffer) throws(VisionError) -> [ShotChange] {
        precondition(rgb.channels == 3, "cut detection needs RGB pictures")
        guard settings.enabled else { return [] }
        let thumbnail = try makeThumbnail(rgb)
        let newest = frameCount
        frameCount += 1
        history.append(thumbnail, keeping: historyLength)
        if settings.fades { note(fades.push(mean: thumbnail.mean, deviation: thumbnail.deviation).filter(isFade)) }
        if settings.dissolves, newest >= dissolves.reach {
            if let found = dissolves.judge(newest - dissolves.reach, history, grid) { note([found]) }
        }
        return report(before: frameCount - latency)
    }

    /// Ends the stream: decides about the last frames from what is available.
    package mutating func finish() -> [ShotChange] {
        guard settings.enabled else { return [] }
        if settings.fades { note(fades.finish().filter(isFade)) }
        if settings.dissolves {
            for index in max(0, frameCount - dissolves.reach)..<max(0, frameCount) {
                if let found = dissolves.judge(index, history, grid) { note([found]) }
            }
            if let found = dissolves.finish() { note([found]) }
        }
        return report(before: frameCount)
    }

    // MARK: - Reporting

    private var judged = 1

    /// Whether the picture keeps its pattern from frame to frame while its contrast falls or rises: it does not where
    /// an object moves in front of it.
    private func isFade(_ change: ShotChange) -> Bool {
        let frames = (change.start..<change.end).compactMap { history[$0] }
            .filter { $0.deviation >= FadeDetector.plainDeviation }
        guard frames.count > 1 else { return true }
        let likeness = zip(frames, frames.dropFirst()).map { $0.likeness(with: $1, blackLevel: 0) }
        return likeness.reduce(0, +) >= Self.fadingPattern * Float(likeness.count)
    }

    private mutating func note(_ found: [ShotChange]) {
        func isFade(_ change: ShotChange) -> Bool { change.form == .fadeOut || change.form == .fadeIn }
        func overlap(_ first: ShotChange, _ second: ShotChange) -> Bool {
            first.start < second.end && second.start < first.end
        }
        // Partly faded pictures are also mixtures of each other.
        let found = found.filter { change in
            isFade(change) || !gradual.contains { isFade($0) && overlap($0, change) }
        }
        for fade in found where isFade(fade) {
            waiting.removeAll { $0.form == .dissolve && overlap($0, fade) }
            gradual.removeAll { $0.form == .dissolve && overlap($0, fade) }
        }
        waiting += found
        gradual += found
        gradual.removeAll { $0.end < frameCount - 2 * historyLength }
    }

    /// Decides which frames before `limit` are cuts, and returns the changes that start before it.
    private mutating func report(before limit: Int) -> [ShotChange] {
        while judged < limit {
            let index = judged
            judged += 1
            let isExplained = gradual.contains { index >= $0.start - 1 && index <= $0.end + 1 }
            if !isExplained, startsShot(index) {
                waiting.append(
                    ShotChange(form: .cut, start: index, end: index, newShot: index, change: history.change(to: index)))
            }
        }
        func place(_ change: ShotChange) -> Int { change.newShot ?? change.end }
        let ready = waiting.filter { place($0) < limit && ($0.newShot ?? 1) > 0 }.sorted { place($0) < place($1) }
        waiting.removeAll { place($0) < limit }
        return ready
    }

    // MARK: - Deciding about one frame

    private func startsShot(_ index: Int) -> Bool {
        let position = index - history.firstIndex
        guard position > 0, position < thumbnails.count, changes[position] >= Self.smallestJump else { return false }
        let (before, after) = (thumbnails[position - 1], thumbnails[position])
        let ratio = changes[position] / max(changeAround(position), 0.2)
        guard Double(ratio) >= settings.smallestRatio else { return false }
        guard before.likeness(with: after, blackLevel: Self.blackLevel) < Self.samePattern else { return false }
        let correlation = before.correlation(with: after)
        // Where the pictures have something in common, or the change hardly exceeds others, it may be a jerk.
        let isPlain = correlation < Self.commonPattern && ratio >= Self.clearRatio
        func isDisplaced() -> Bool {
            let limit =
                isPlain ? Self.displacedPlain : correlation < Self.commonPattern ? Self.displacedUnlike : Self.displaced
            return after.displacedShare(from: before) < limit
        }
        if Double(changes[position]) >= settings.smallestChange, unchangedShare(position) <= Self.largestUnchangedShare,
            ratio >= Self.clearRatio || correlation < Self.commonPattern || jumpShare(position) >= Self.clearShare
        {
            return !isDisplaced()
        }
        return settings.jumps && ratio >= Self.smallestJumpRatio && jumpShare(position) >= Self.smallestJumpShare
            && !isDisplaced()
    }

    /// The fraction of tiles whose change is permanent and much larger than before and after.
    private func jumpShare(_ position: Int) -> Float {
        guard let grid else { return 0 }
        let step = thumbnails[position].changes(from: thumbnails[position - 1], in: grid)
        var calm = [Float](repeating: 0, count: grid.count)
        for other in placesAround(position) {
            let motion = thumbnails[other].changes(from: thumbnails[other - 1], in: grid)
            for tile in calm.indices { calm[tile] = max(calm[tile], motion[tile]) }
        }
        var jumps = step.indices.map { step[$0] >= max(Self.smallestTileJump, 3 * calm[$0]) }
        // A tile that looks as before within the duration of a flash did not jump.
        for after in thumbnails[position...min(thumbnails.count - 1, position + flashLength)] {
            for before in thumbnails[max(0, position - 1 - flashLength)..<position] {
                for (tile, change) in after.changes(from: before, in: grid).enumerated() where change < step[tile] / 2 {
                    jumps[tile] = false
                }
            }
        }
        return Float(jumps.count { $0 }) / Float(grid.count)
    }

    /// The mean of the nearest changes on both sides that are not repeated frames.
    private func changeAround(_ position: Int) -> Float {
        let values = placesAround(position).map { changes[$0] }
        return values.isEmpty ? 0 : values.reduce(0, +) / Float(values.count)
    }

    /// The nearest changes on both sides that are not repeated frames.
    private func placesAround(_ position: Int) -> [Int] {
        let before = (1..<position).reversed().lazy.filter { changes[$0] > Self.repeatedChange }
        let end = max(position + 1, min(changes.count, position + 1 + flashLength))
        let after = (position + 1..<end).lazy.filter { changes[$0] > Self.repeatedChange }
        return Array(before.prefix(Self.neighbourCount)) + Array(after.prefix(Self.neighbourCount))
    }

    /// The fraction of tiles that do not change or are restored soon: in some frame after the change, within the
    /// duration of a flash, they look as in some frame as long before it. Tiles that stay black do not count.
    private func unchangedShare(_ position: Int) -> Float {
        guard let grid else { return 0 }
        let limit = Self.unchangedTile * changes[position]
        var isUnchanged = [Bool](repeating: false, count: grid.count)
        for after in thumbnails[position...min(thumbnails.count - 1, position + flashLength)] {
            for before in thumbnails[max(0, position - 1 - flashLength)..<position] {
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

    private mutating func makeThumbnail(_ rgb: PixelBuffer) throws(VisionError) -> Thumbnail {
        let scale = min(1, Double(Self.shortSide) / Double(min(rgb.width, rgb.height)))
        let width = max(1, Int((Double(rgb.width) * scale).rounded()))
        let height = max(1, Int((Double(rgb.height) * scale).rounded()))
        let small: PixelBuffer
        if let kept = self.small, kept.width == width, kept.height == height {
            small = kept
        } else {
            small = PixelBuffer(width: width, height: height, channels: 3)
            self.small = small
            grid = TileGrid(width: width, height: height)
        }
        try scaler.scale(rgb, into: small)
        return Thumbnail(small)
    }
}
