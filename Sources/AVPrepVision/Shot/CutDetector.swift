package import AVPrepModel

/// Finds changes of shot in a stream of frames, with a constant delay: cuts, dissolves and fades.
///
/// After PySceneDetect's adaptive content detector (scenedetect.com, `AdaptiveDetector`): a cut is a change of picture
/// that is large, and several times larger than the changes around it, so that fast motion is not taken for cuts.
/// Some things are its own. Frames that a change of frame rate repeats do not count among "the changes around". A cut
/// changes the picture everywhere and for good, so neither something that moves, glows or appears in a part of it is
/// one, nor a flash: the picture after it is the one before it. And neither is light switched on: the picture keeps
/// its pattern; nor a jerk of the camera: the picture is the same, elsewhere. A much smaller change is a cut too where
/// everything else stands still.
package struct CutDetector: Sendable {
    /// Changes below this are repeated frames.
    static let repeatedChange: Float = 0.05
    /// A tile shows what it showed before if it differs from that by less than this share of the picture's change.
    static let unchangedTile: Float = 1 / 3
    /// After a cut at most this share of the tiles shows what was there before.
    static let largestUnchangedShare: Float = 1 / 3
    /// Brightness, in levels, below which what stays so is black: it says nothing about the picture.
    static let blackLevel: Float = 24
    /// Likeness from which two pictures show the same thing in another light.
    static let samePattern: Float = 0.9
    /// Changes looked at on each side, at most.
    static let neighbourCount = 2
    /// The short side of what is compared: small enough that noise and small motion vanish.
    static let shortSide = 27

    /// Least change of a cut within one scene: a camera that stands, and things that are elsewhere from one frame to the
    /// next (a jump cut).
    static let smallestJump: Float = 2.5
    /// How many times larger than the changes around it a jump must be.
    static let smallestJumpRatio: Float = 6
    /// Least change of a tile in a jump, in levels.
    static let smallestTileJump: Float = 1.2
    /// Share of the tiles that a jump changes more than motion does, at least.
    static let smallestJumpShare: Float = 0.3
    /// Correlation of brightness below which two pictures have nothing in common.
    static let commonPattern: Float = 0.5
    /// Likeness of a picture and the same a little more faded, at least, in the mean over a fade.
    static let fadingPattern: Float = 0.85
    /// A change so many times larger than those around it is no motion.
    static let clearRatio: Float = 7
    /// Nor is one that so large a share of the tiles make, each against what it does before and after: something that
    /// glows or moves in a part of the picture at that moment hides nothing elsewhere. Chosen on the first cases of
    /// `avprep-bench cuts`.
    static let clearShare: Float = 0.5
    /// Least difference over all shifts of the picture, as a share of the difference without one, below which the picture
    /// is the same, elsewhere.
    static let displaced: Float = 0.5
    /// The same for pictures that have little in common where they are.
    static let displacedUnlike: Float = 0.4
    /// The same for a change that is clear otherwise: by accident any two pictures match somewhere.
    static let displacedPlain: Float = 0.3

    /// Frames by which a change is reported late, at most: a dissolve is known when it is over.
    package let latency: Int

    private let settings: CutSettings
    private var small: PixelBuffer?
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
    /// Found and not reported yet.
    private var waiting: [ShotChange] = []
    /// Extents of the last dissolves and fades: what changes much in them is no cut of its own.
    private var gradual: [ShotChange] = []

    /// - Parameters:
    ///   - fps: frames per second of the stream, > 0.
    ///   - settings: what is looked for.
    package init(fps: Double, settings: CutSettings = CutSettings()) {
        precondition(fps > 0, "\(fps) frames a second")
        self.settings = settings
        flashLength = max(3, Int((0.12 * fps).rounded()))
        dissolves = DissolveDetector(fps: fps)
        fades = FadeDetector(fps: fps)
        latency = settings.enabled ? max(dissolves.delay + dissolves.reach / 2, fades.delay, flashLength + 1) : 0
        historyLength = max(latency + flashLength + 2 + Int((0.5 * fps).rounded(.up)), 2 * dissolves.reach + 2)
    }

    /// Takes the next frame.
    ///
    /// - Parameter rgb: three channels; all frames of one shape. Not kept.
    /// - Returns: changes of shot, in the order of the frames with which new segments begin (the first frame pushed is
    ///   0, and no segment begins with it), each at most ``latency`` pushes after that frame's own.
    package mutating func push(_ rgb: PixelBuffer) throws(VisionError) -> [ShotChange] {
        precondition(rgb.channels == 3, "cuts are found in RGB")
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

    /// Ends the stream: decides about the last frames with what there is.
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
    /// something moves in front of it.
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
        // A picture half faded and one faded further are mixtures of each other, too.
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

    /// Judges the frames before `limit` for cuts, and hands out what begins before it.
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

    // MARK: - Judging one frame

    private func startsShot(_ index: Int) -> Bool {
        let position = index - history.firstIndex
        guard position > 0, position < thumbnails.count, changes[position] >= Self.smallestJump else { return false }
        let (before, after) = (thumbnails[position - 1], thumbnails[position])
        let ratio = changes[position] / max(changeAround(position), 0.2)
        guard Double(ratio) >= settings.smallestRatio else { return false }
        guard before.likeness(with: after, blackLevel: Self.blackLevel) < Self.samePattern else { return false }
        let correlation = before.correlation(with: after)
        // Where the pictures have something in common, or the change is not far above others, it may be a jerk.
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

    /// The share of tiles that change for good and much more than they do before and after.
    private func jumpShare(_ position: Int) -> Float {
        guard let grid else { return 0 }
        let step = thumbnails[position].changes(from: thumbnails[position - 1], in: grid)
        var calm = [Float](repeating: 0, count: grid.count)
        for other in placesAround(position) {
            let motion = thumbnails[other].changes(from: thumbnails[other - 1], in: grid)
            for tile in calm.indices { calm[tile] = max(calm[tile], motion[tile]) }
        }
        var jumps = step.indices.map { step[$0] >= max(Self.smallestTileJump, 3 * calm[$0]) }
        // What looks within a flash's time as it did before was no jump.
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

    /// The share of tiles that the change leaves alone or that are restored soon: in some frame after it, as long as a
    /// flash may last, they look as in some frame before it, as long ago. Tiles that stay black do not count.
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
        try Grey.scale(rgb, into: small)
        return Thumbnail(small)
    }
}
