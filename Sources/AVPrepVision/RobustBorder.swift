import AVPrepCore

/// Black framing by evidence rather than by level: a border is a strip along a side that has one level over its whole
/// area in all probed frames, and that ends everywhere along the side at the same line, where some frame is brighter.
///
/// So a dark scene is no border (nothing is seen to end), nor is a sky that fades (no edge), nor a dark corner (it does
/// not reach along the side). Noise is averaged out over cells of one line × a sixteenth of the side; a logo or a
/// subtitle in the bar spoils a few cells, and a few spoilt cells are forgiven.
enum RobustBorder {
    /// Least rise of level from border to picture, 0...255: the step of a coarse quantiser, or the noise of a very
    /// noisy bar, stays below.
    static let smallestContrast = 10.0
    /// Share of the side along which the edge must be seen, when the opposite side has the same border.
    static let pairedShare = 0.3
    /// The same for a border on one side alone: a black backdrop above a lit stage looks like one.
    static let singleShare = 0.6
    /// Share of the border's cells that must be black: the rest are logos and subtitles.
    static let blackShare = 0.7
    /// Share of the side where the lines next to the edge must be black.
    static let blackAtEdgeShare = 0.8

    static func detect(in frames: [Image8], threshold: Double) -> BorderDetection {
        let planes = frames.map(LevelPlane.init)
        guard let first = planes.first else { return .none(isDark: false) }
        // One pixel in fifty may shine: a lamp in a dark scene shows no edge.
        guard planes.contains(where: { $0.quantile(0.98) > threshold + 8 }) else { return .none(isDark: true) }
        let (allRows, allColumns) = (0..<first.height, 0..<first.width)
        // Bars beside the picture hide part of the bars above it: rows, then columns between them, then rows again.
        let rough = SidePair(
            LevelCells(planes, rows: allRows, columns: allColumns, linesAreRows: true), threshold: threshold,
            countsDarkBands: false)
        let columns = SidePair(
            LevelCells(planes, rows: rough.rest(of: allRows), columns: allColumns, linesAreRows: false),
            threshold: threshold, countsDarkBands: true)
        let rows = SidePair(
            LevelCells(planes, rows: allRows, columns: columns.rest(of: allColumns), linesAreRows: true),
            threshold: threshold, countsDarkBands: true)
        return BorderDetection(
            margins: .none, isDark: false, top: rows.near, bottom: rows.far, left: columns.near, right: columns.far)
    }

    /// The borders at the two ends of one direction.
    private struct SidePair {
        var near: BorderDetection.Side
        var far: BorderDetection.Side

        /// - Parameter countsDarkBands: whether bands in which nothing is ever seen count against the evidence. They do
        ///   unless they may lie behind bars on the other two sides.
        init(_ cells: LevelCells, threshold: Double, countsDarkBands: Bool) {
            func side(isFar: Bool) -> BorderDetection.Side {
                RobustBorder.side(of: cells, isFar: isFar, threshold: threshold, countsDarkBands: countsDarkBands)
            }
            near = side(isFar: false)
            far = side(isFar: true)
            let arePaired =
                near.depth > 0 && far.depth > 0
                && abs(near.depth - far.depth) <= max(2, max(near.depth, far.depth) / 5)
            let needed = arePaired ? RobustBorder.pairedShare : RobustBorder.singleShare
            if near.confidence < needed { near.withdraw() }
            if far.confidence < needed { far.withdraw() }
        }

        /// What is left of `range` between the two; all of it where that is next to nothing.
        func rest(of range: Range<Int>) -> Range<Int> {
            let (start, end) = (range.lowerBound + near.depth, range.upperBound - far.depth)
            return Double(end - start) >= BlackBorder.smallestRest * Double(range.count) ? start..<end : range
        }
    }

    // MARK: - One side

    /// The best border at one side, however weak its evidence; depth 0 for none.
    private static func side(of cells: LevelCells, isFar: Bool, threshold: Double, countsDarkBands: Bool)
        -> BorderDetection.Side
    {
        var best = BorderDetection.Side.none
        // A border of one line is all in the outermost; a broken outermost line is outvoted by the next two.
        for sampledLines in [1, 3] where sampledLines <= cells.lineCount {
            let reference = cells.reference(outermost: sampledLines, isFar: isFar)
            guard reference.level <= threshold else { continue }
            let found = side(of: cells, isFar: isFar, reference: reference, countsDarkBands: countsDarkBands)
            if found.confidence > best.confidence || best.level == 0 { best = found }
        }
        return best
    }

    private static func side(
        of cells: LevelCells, isFar: Bool, reference: LevelCells.Reference, countsDarkBands: Bool
    ) -> BorderDetection.Side {
        let (lineCount, bandCount) = (cells.lineCount, cells.bandCount)
        let contrast = max(smallestContrast, 2 * reference.tolerance)
        // Enough lines to see a soft edge rise.
        let reach = max(4, lineCount / 128)
        func line(_ depth: Int) -> Int { isFar ? lineCount - 1 - depth : depth }
        func isBlack(_ depth: Int, _ band: Int) -> Bool { cells.isBlack(line(depth), band, reference) }
        func rise(_ depth: Int, _ band: Int) -> Double {
            (depth..<min(depth + reach, lineCount)).map { cells.brightest(line($0), band) }.max() ?? 0
        }
        // Bands that are black from end to end lie behind another bar, or in the dark: nothing is seen to end there.
        let bands = (0..<bandCount).filter { band in
            (0..<lineCount).contains { cells.brightest($0, band) - reference.level >= contrast }
        }
        guard bands.count >= 2 else { return .none }

        var result = BorderDetection.Side(depth: 0, level: reference.level, contrast: 0, confidence: 0)
        var blackCells = 0
        let deepest = min(lineCount - 1, Int(Double(lineCount) * BlackBorder.largestShare) + 2)
        for depth in 1..<max(2, deepest) {
            blackCells += bands.count { isBlack(depth - 1, $0) }
            guard Double(blackCells) >= blackShare * Double(depth * bands.count) else { continue }
            let blackAtEdge = bands.filter { band in (max(0, depth - 3)..<depth).allSatisfy { isBlack($0, band) } }
            guard Double(blackAtEdge.count) >= blackAtEdgeShare * Double(bands.count) else { continue }
            let edge = blackAtEdge.filter { rise(depth, $0) - reference.level >= contrast }
            let share = Double(edge.count) / Double(countsDarkBands ? bandCount : bands.count)
            // Every line of the last few sees the same edge ahead; the innermost is nearest to it.
            guard edge.count >= 2, share >= result.confidence - 0.05 else { continue }
            result.confidence = max(share, result.confidence)
            result.contrast = edge.map { rise(depth, $0) - reference.level }.median
            result.depth = depth
            // The border ends where half of the rise is done: in the middle of an edge softened by scaling.
            while result.depth < min(depth + reach, deepest) {
                let current = line(result.depth)
                let share = edge.map { band in
                    (cells.brightest(current, band) - reference.level) / (rise(depth, band) - reference.level)
                }.median
                if share >= 0.5 { break }
                result.depth += 1
            }
        }
        return result
    }
}
