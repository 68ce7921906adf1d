/// Detects dissolves: sequences in which each frame is a mixture of an earlier and an equally distant later frame, in
/// the proportion given by its position between them, and in which these two frames show different things.
///
/// Hardly anything else has this property: of a moving object, the frame between is not the mean of the others. A
/// change of light passes through all intermediate levels, but keeps the pattern: a uniform change of level proves
/// nothing, as where the exposure follows a car that leaves the picture; the pattern has to change over the whole
/// picture, and to be mixed too.
struct DissolveDetector {
    /// Frames on either side of a mixture that are compared with it, at 25 frames per second.
    static let reaches = [4, 6, 9, 13, 18]
    /// Minimum change of brightness between the two, in levels.
    static let smallestChange: Float = 9
    /// Maximum error of the predicted mixture, as a fraction of the change, at its middle and half-way to either side.
    /// The shots continue to move while they are mixed.
    static let largestMiss: Float = 0.3
    /// The same where the change is less than ``clearChange``.
    static let largestFaintMiss: Float = 0.2
    static let clearChange: Float = 18
    /// The same for the pattern: the picture without its uniform change.
    static let largestPatternMiss: Float = 0.3
    /// Minimum change of the pattern, in levels, and the fraction of the tiles that take part in it.
    static let smallestPatternChange: Float = 9
    static let smallestPatternShare: Float = 0.5
    /// Minimum fraction of tiles that are not black in both pictures: permanently black tiles are ignored.
    static let smallestLitShare = 0.3
    /// Correlation of a tile's brightness from which it is unchanged, and the maximum fraction of unchanged tiles: more
    /// of them mean that something was overlaid on the picture. The fraction is 0.4 to 0.5 for a title that fades in,
    /// up to 0.3 in a real dissolve, and below 0.3 for 97 of 100 pairs of real pictures.
    static let keptTile: Float = 0.8
    static let largestKeptShare = 1.0 / 3
    /// Maximum change between consecutive frames, as a fraction: more is a cut.
    static let largestStep: Float = 0.4
    /// Similarity and correlation from which two pictures show the same scene in different light.
    static let samePattern: Float = 0.8
    static let sameCorrelation: Float = 0.6
    /// Least difference over all shifts, as a fraction of the difference without a shift: a soft picture that moves a
    /// little is a mixture of its neighbours too.
    static let smallestDisplacedShare: Float = 0.5

    /// Number of frames after a frame that are needed to decide about it.
    let reach: Int
    private let reaches: [Int]
    /// The mixed frames of the current dissolve, and the distance of the frames each is a mixture of.
    private var run: (first: Int, last: Int, start: Int, end: Int, change: Float)?
    /// Frames that may be missing within a dissolve.
    private let patience = 2

    init(fps: Double) {
        reaches = Self.reaches.map { max(2, Int((Double($0) * fps / 25).rounded())) }
        reach = reaches.last ?? 2
    }

    /// Maximum delay in frames between the end of a dissolve of `length` frames and its report.
    var delay: Int { reach + patience + 1 }

    /// Processes the frames one after the other.
    ///
    /// - Parameters:
    ///   - index: the frame's number.
    ///   - grid: the tiles of a frame.
    /// - Returns: a dissolve that has ended.
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

    /// The dissolve in progress at the end of the stream.
    mutating func finish() -> ShotChange? {
        guard let current = run else { return nil }
        run = nil
        // A single frame may be the mean of two others by accident.
        guard current.last > current.first else { return nil }
        let middle = (current.first + current.last + 1) / 2
        return ShotChange(
            form: .dissolve, start: current.start, end: current.end, newShot: middle, change: current.change)
    }

    /// Whether a change concerns the whole picture: an object that enters it changes only a part.
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

    /// Whether the pattern changes over the whole picture, and is half-way in the middle.
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

    /// Whether hardly any tile is unchanged.
    private func isReplaced(_ first: Thumbnail, _ last: Thumbnail, _ grid: TileGrid, _ lit: [Int]) -> Bool {
        let correlations = last.correlations(with: first, in: grid)
        let kept = lit.count { correlations[$0] >= Self.keptTile }
        return Double(kept) <= Self.largestKeptShare * Double(lit.count)
    }
}
