/// Finds dissolves: stretches in which each frame is a mixture of the frame some time before and the one as long after,
/// in the share that its place between them says, and in which these two show different things.
///
/// Hardly anything else does that: of something that moves, the frame between is not the mean of the others. Light that
/// changes passes through all shades between, but leaves the pattern as it was: what is one level more everywhere says
/// nothing, as where the exposure follows a car that leaves the picture; the pattern has to change, over the whole
/// picture, and to be mixed too.
struct DissolveDetector {
    /// Frames on either side of a mixture that are compared with it, at 25 frames per second.
    static let reaches = [4, 6, 9, 13, 18]
    /// Least change of brightness between the two, in levels.
    static let smallestChange: Float = 9
    /// A mixture misses its prediction by at most this share of the change, at its middle and half-way to either side. The
    /// shots move on while they are mixed.
    static let largestMiss: Float = 0.3
    /// The same where the change is less than ``clearChange``.
    static let largestFaintMiss: Float = 0.2
    static let clearChange: Float = 18
    /// The same for the pattern: the picture less what changes everywhere.
    static let largestPatternMiss: Float = 0.3
    /// Least change of the pattern, in levels, and the share of the tiles that take part in it.
    static let smallestPatternChange: Float = 9
    static let smallestPatternShare: Float = 0.5
    /// Share of the tiles that are not black in both pictures, at least: what stays black takes no part in anything.
    static let smallestLitShare = 0.3
    /// Correlation of a tile's brightness from which it shows what it showed before, and the share of the tiles for which
    /// that may be so: more, and something was laid over the picture. It is 0.4 to 0.5 for a title that fades in, up to 0.3
    /// in a real dissolve, and below 0.3 for 97 of 100 pairs of real pictures.
    static let keptTile: Float = 0.8
    static let largestKeptShare = 1.0 / 3
    /// From frame to frame the picture changes by at most this share: more is a cut.
    static let largestStep: Float = 0.4
    /// Likeness and correlation from which two pictures show the same thing in another light.
    static let samePattern: Float = 0.8
    static let sameCorrelation: Float = 0.6
    /// Least difference over all shifts, as a share of the difference without one: a soft picture that moves a little is
    /// a mixture of its neighbours too.
    static let smallestDisplacedShare: Float = 0.5

    /// Frames after a frame that must be known to judge it.
    let reach: Int
    private let reaches: [Int]
    /// The frames that are mixtures in the dissolve that is being looked at, and how far each looks.
    private var run: (first: Int, last: Int, start: Int, end: Int, change: Float)?
    /// Frames that may be missing within a dissolve.
    private let patience = 2

    init(fps: Double) {
        reaches = Self.reaches.map { max(2, Int((Double($0) * fps / 25).rounded())) }
        reach = reaches.last ?? 2
    }

    /// Frames by which a dissolve of `length` frames is told after its end, at most.
    var delay: Int { reach + patience + 1 }

    /// Judges a frame, one after the other.
    ///
    /// - Parameters:
    ///   - index: the frame's number.
    ///   - grid: the tiles of a frame.
    /// - Returns: a dissolve that is over.
    mutating func judge(_ index: Int, _ history: ShotHistory, _ grid: TileGrid?) -> ShotChange? {
        if let grid, let found = mixture(index, history, grid) {
            if var current = run {
                current.last = index
                current.start = min(current.start, index - found.reach)
                current.end = max(current.end, index + found.reach)
                current.change = max(current.change, found.change)
                run = current
            } else {
                run = (index, index, index - found.reach, index + found.reach, found.change)
            }
            return nil
        }
        guard let current = run, index - current.last > patience else { return nil }
        return finish()
    }

    /// The dissolve that was being looked at when the frames ended.
    mutating func finish() -> ShotChange? {
        guard let current = run else { return nil }
        run = nil
        // One frame alone may be the mean of two others by accident.
        guard current.last > current.first else { return nil }
        let middle = (current.first + current.last + 1) / 2
        return ShotChange(
            form: .dissolve, start: current.start, end: current.end, newShot: middle, change: current.change)
    }

    /// Whether a change is one of the whole picture: something that comes into it changes a part.
    private static func isEverywhere(_ changes: [Float], _ change: Float, _ lit: [Int]) -> Bool {
        lit.count { changes[$0] >= change / 3 } * 10 >= lit.count * 6
    }

    /// The tiles that are not black in both pictures, where there are enough of them.
    private static func lit(_ first: Thumbnail, _ last: Thumbnail, _ grid: TileGrid) -> [Int]? {
        let brightness = zip(first.brightness(in: grid), last.brightness(in: grid)).map(max)
        let lit = brightness.indices.filter { brightness[$0] >= CutDetector.blackLevel }
        return Double(lit.count) >= smallestLitShare * Double(grid.count) ? lit : nil
    }

    /// The nearest frames that this one is a mixture of.
    private func mixture(_ index: Int, _ history: ShotHistory, _ grid: TileGrid) -> (reach: Int, change: Float)? {
        guard let middle = history[index] else { return nil }
        for reach in reaches {
            guard let first = history[index - reach], let last = history[index + reach] else { return nil }
            let change = last.brightnessChange(from: first)
            guard change >= Self.smallestChange,
                middle.distance(fromMixtureOf: first, and: last, 0.5)
                    <= (change < Self.clearChange ? Self.largestFaintMiss : Self.largestMiss) * change
            else { continue }
            let quarter = reach / 2
            let share = Float(quarter) / Float(2 * reach)
            guard let before = history[index - quarter], let after = history[index + quarter],
                before.distance(fromMixtureOf: first, and: last, 0.5 - share) <= Self.largestMiss * change,
                after.distance(fromMixtureOf: first, and: last, 0.5 + share) <= Self.largestMiss * change,
                (index - reach + 1...index + reach).allSatisfy({ history.change(to: $0) <= Self.largestStep * change }),
                min(first.deviation, last.deviation) >= FadeDetector.plainDeviation,
                let lit = Self.lit(first, last, grid),
                Self.isEverywhere(last.changes(from: first, in: grid), change, lit),
                hasMixedPattern(first, middle, last, grid, lit), isReplaced(first, last, grid, lit),
                first.correlation(with: last) < Self.sameCorrelation
                    || first.likeness(with: last, blackLevel: 0) < Self.samePattern,
                last.displacedShare(from: first) >= Self.smallestDisplacedShare
            else { continue }
            return (reach, change)
        }
        return nil
    }

    /// Whether the pattern changes over the whole picture, and lies half-way in the middle.
    private func hasMixedPattern(
        _ first: Thumbnail, _ middle: Thumbnail, _ last: Thumbnail, _ grid: TileGrid, _ lit: [Int]
    ) -> Bool {
        let change = last.patternDifference(fromMixtureOf: first, and: first, in: grid)
        guard change.mean >= Self.smallestPatternChange,
            Float(lit.count { change.tiles[$0] >= change.mean / 3 }) >= Self.smallestPatternShare * Float(lit.count)
        else { return false }
        let miss = middle.patternDifference(fromMixtureOf: first, and: last, in: grid)
        return miss.mean <= Self.largestPatternMiss * change.mean
    }

    /// Whether hardly any tile still shows what it showed.
    private func isReplaced(_ first: Thumbnail, _ last: Thumbnail, _ grid: TileGrid, _ lit: [Int]) -> Bool {
        let correlations = last.correlations(with: first, in: grid)
        let kept = lit.count { correlations[$0] >= Self.keptTile }
        return Double(kept) <= Self.largestKeptShare * Double(lit.count)
    }
}
