import AVPrepModel

/// Detects black borders by evidence rather than by level: a border is a strip along a side that has one dark level
/// over its whole area in each probed frame, and that ends along the side at one straight line, beyond which some frame
/// is brighter.
///
/// So neither a dark scene (without an edge, or without a straight one) nor a sky that darkens gradually (no edge) is a
/// border. Letters in a bar are bright, leave some of every line at the bar's level, and end before the picture's side
/// does; the texture of a dark scene deviates a little from one level everywhere.
enum RobustBorder {
    /// Minimum rise of level from border to picture, 0...255: the step of a coarse quantiser is smaller.
    static let smallestContrast = 10.0
    /// Fraction of the side along which the edge must be detected, when the opposite side has the same border.
    static let pairedShare = 0.4
    /// The same for a border on one side only: a black backdrop above a lit stage looks like one.
    static let singleShare = 0.6
    /// Minimum distance between the first and the last position where the edge is detected, as a fraction of the side:
    /// a single lit part of an otherwise dark side is a window in a dark room.
    static let leastSpan = 0.6
    /// Fraction of each of the border's lines that must be at its level: the rest may be letters.
    static let leastLineShare = 0.3
    /// The same for the border as a whole.
    static let leastShare = 0.55
    /// Fraction of the border's area that may deviate a little from its level: edges of letters, an encoder's ringing.
    static let largestStray = 0.1

    static func detect(in planes: [LevelPlane], threshold: Double) -> BorderDetection {
        guard let first = planes.first else { return .none(isDark: false) }
        // One pixel in fifty may be bright: a lamp in a dark scene shows no edge.
        guard planes.contains(where: { $0.quantile(0.98) > threshold }) else { return .none(isDark: true) }
        let (allRows, allColumns) = (0..<first.height, 0..<first.width)
        func rows(_ columns: Range<Int>, isLenient: Bool = false) -> SidePair {
            SidePair(planes, (.top, .bottom), across: columns, of: allRows, threshold: threshold, isLenient: isLenient)
        }
        func columns(_ rows: Range<Int>, isLenient: Bool = false) -> SidePair {
            SidePair(planes, (.left, .right), across: rows, of: allColumns, threshold: threshold, isLenient: isLenient)
        }
        // Bars beside the picture hide part of the bars above it, and vice versa: each pair is detected between the
        // bars of the other pair, until both agree.
        let roughRows = rows(allColumns, isLenient: true)
        let roughColumns = columns(allRows, isLenient: true)
        guard roughRows.isFound || roughColumns.isFound else { return .none(isDark: false) }
        var upright = columns(roughRows.rest)
        var level = rows(upright.rest)
        let again = columns(level.rest)
        if !again.agrees(with: upright) {
            upright = columns(allRows)
            level = rows(allColumns)
            if upright.isFound && level.isFound { level = rows(upright.rest) }
        }
        // A border that leaves too little is a window in the dark, and so are the borders detected along its sides
        // only.
        if level.isTooMuch {
            level.withdraw()
            upright = columns(allRows)
        } else if upright.isTooMuch {
            upright.withdraw()
            level = rows(allColumns)
        }
        return BorderDetection(
            margins: .none, isDark: false, top: level.near, bottom: level.far, left: upright.near,
            right: upright.far)
    }

    /// The borders at the two ends of one direction.
    private struct SidePair {
        var near: BorderDetection.Side
        var far: BorderDetection.Side
        private let lines: Range<Int>

        /// - Parameters:
        ///   - across: the part of the two sides that is examined.
        ///   - lines: all lines of this direction.
        ///   - isLenient: whether bands without any detection are left out, since they may lie behind bars on the other
        ///     two sides; otherwise they count against the border.
        init(
            _ planes: [LevelPlane], _ edges: (BorderStrip.Edge, BorderStrip.Edge), across: Range<Int>,
            of lines: Range<Int>, threshold: Double, isLenient: Bool
        ) {
            func side(_ edge: BorderStrip.Edge) -> BorderDetection.Side {
                RobustBorder.side(planes, edge, across: across, threshold: threshold, isLenient: isLenient)
            }
            self.lines = lines
            near = side(edges.0)
            far = side(edges.1)
            let needed = arePaired ? RobustBorder.pairedShare : RobustBorder.singleShare
            if near.confidence < needed { near.withdraw() }
            if far.confidence < needed { far.withdraw() }
        }

        var isFound: Bool { near.depth > 0 || far.depth > 0 }

        /// Whether both sides have a border of about the same depth.
        private var arePaired: Bool {
            near.depth > 0 && far.depth > 0 && abs(near.depth - far.depth) <= max(2, max(near.depth, far.depth) / 5)
        }

        /// The lines between the two borders; all lines where nearly none are left.
        var rest: Range<Int> {
            let (start, end) = (lines.lowerBound + near.depth, lines.upperBound - far.depth)
            return Double(end - start) >= BlackBorder.smallestRest * Double(lines.count) ? start..<end : lines
        }

        var isTooMuch: Bool { BlackBorder.isTooMuch(near.depth, far.depth, of: lines.count) }

        mutating func withdraw() {
            near.withdraw()
            far.withdraw()
        }

        func agrees(with other: SidePair) -> Bool {
            abs(near.depth - other.near.depth) <= 2 && abs(far.depth - other.far.depth) <= 2
        }
    }

    // MARK: - One side

    /// The best border at one side, however weak its evidence; depth 0 for none.
    private static func side(
        _ planes: [LevelPlane], _ edge: BorderStrip.Edge, across: Range<Int>, threshold: Double, isLenient: Bool
    ) -> BorderDetection.Side {
        var best = BorderDetection.Side.none
        // A border of one line lies in the outermost line only; a damaged outermost line is outvoted by the next two.
        for sampled in [3, 1] {
            guard
                let strip = BorderStrip(planes, edge, across: across, sampled: sampled, threshold: threshold)
            else { continue }
            let found = side(of: strip, isLenient: isLenient)
            if found.confidence > best.confidence || best.level == 0 { best = found }
            if best.confidence >= singleShare { break }
        }
        return best
    }

    private static func side(of strip: BorderStrip, isLenient: Bool) -> BorderDetection.Side {
        let contrast = max(smallestContrast, strip.tolerance + 4)
        // Enough lines for a soft edge to rise.
        let reach = max(4, strip.lineCount / 64)
        func rise(_ depth: Int, _ band: Int) -> Double {
            (depth..<min(depth + reach, strip.lineCount)).map { strip.rise($0, band) }.max() ?? 0
        }
        /// Whether the band is border up to `depth` and picture beyond it.
        func ends(_ depth: Int, _ band: Int) -> Bool {
            let inside = (max(0, depth - 2)..<depth).map { strip.share($0, band) }.min() ?? 0
            let outside = (depth..<min(depth + reach, strip.lineCount)).map { strip.share($0, band) }.min() ?? 1
            return inside >= 0.3 && outside <= 0.35 && inside - outside >= 0.3
                && rise(depth, band) >= contrast
        }
        let bands = (0..<strip.bandCount).filter { band in
            !isLenient || (0..<strip.lineCount).contains { strip.rise($0, band) >= contrast }
        }
        var result = BorderDetection.Side(depth: 0, level: strip.level, contrast: 0, confidence: 0)
        guard bands.count >= 2 else { return result }
        let deepest = strip.lineCount - 2
        var area = 0.0
        var strayed = 0.0
        var candidates: [(depth: Int, share: Double)] = []
        for depth in 1..<max(2, deepest) {
            let line = strip.share(ofLine: depth - 1)
            guard line >= leastLineShare else { break }
            area += line
            strayed += strip.stray(ofLine: depth - 1)
            guard area >= leastShare * Double(depth), strayed <= largestStray * Double(depth) else { continue }
            let share = Double(bands.count { ends(depth, $0) }) / Double(bands.count)
            if share > 0.2 { candidates.append((depth, share)) }
        }
        guard let best = candidates.map(\.share).max() else { return result }
        // Letters end before the bar does: take the deepest edge whose evidence is nearly as good as the best one's.
        guard let chosen = candidates.last(where: { $0.share >= 0.6 * best }) else { return result }
        let cluster = candidates.filter { abs($0.depth - chosen.depth) <= reach }
        let strongest = cluster.map(\.share).max() ?? chosen.share
        guard let last = cluster.last(where: { $0.share >= strongest - 0.05 }) else { return result }
        let edge = bands.indices.filter { ends(last.depth, bands[$0]) }
        guard let start = edge.first, let end = edge.last,
            Double(end - start + 1) >= leastSpan * Double(bands.count)
        else { return result }
        result.confidence = strongest
        result.contrast = edge.map { rise(last.depth, bands[$0]) }.median
        result.depth = last.depth
        // The border ends where half of the rise is reached: the middle of an edge softened by scaling.
        while result.depth < min(last.depth + reach, deepest) {
            let share = edge.map { place in
                let band = bands[place]
                return strip.rise(result.depth, band) / rise(last.depth, band)
            }.median
            if share >= 0.5 { break }
            result.depth += 1
        }
        return result
    }
}
