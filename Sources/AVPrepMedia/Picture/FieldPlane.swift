/// One plane of an interlaced picture between its neighbours in time, of which the second field's lines are made anew.
struct FieldPlane {
    /// A plane's lines.
    struct Rows {
        let start: UnsafeMutableRawPointer
        /// Bytes from one line to the next.
        let stride: Int
    }

    let current: Rows
    let previous: Rows?
    let next: Rows?
    let height: Int
    /// Whether the field of lines 0, 2, 4 … is shown first, and so keeps its lines.
    let isTopFirst: Bool

    // The filters' weights in 1/8192, from the Weston three-field deinterlacer: lines of the same field near and far,
    // of the other field's moments at distance 0, 2 and 4, and of a purely spatial filter.
    private static let near: Int32 = 4309
    private static let far: Int32 = 213
    private static let other0: Int32 = 5570
    private static let other2: Int32 = 3801
    private static let other4: Int32 = 1016
    private static let spatialNear: Int32 = 5077
    private static let spatialFar: Int32 = 981

    /// Fills `target` with the whole picture.
    ///
    /// - Parameters:
    ///   - count: samples a line.
    ///   - most: the greatest sample.
    func fill<Sample: FixedWidthInteger & UnsignedInteger>(
        _ target: Rows, count: Int, as type: Sample.Type, most: Int32
    ) {
        for y in 0..<height {
            let into = (target.start + y * target.stride).assumingMemoryBound(to: type)
            if y % 2 == (isTopFirst ? 0 : 1) {
                into.update(from: line(current, y, type), count: count)
            } else if let previous, let next {
                if y >= 4, y + 5 <= height {
                    interpolate(into, y, previous, next, count, most)
                } else {
                    interpolateNearEdge(into, y, previous, next, count, most)
                }
            } else {
                interpolateWithin(into, y, count, most)
            }
        }
    }

    private func line<Sample>(_ rows: Rows, _ y: Int, _ type: Sample.Type) -> UnsafePointer<Sample> {
        UnsafePointer((rows.start + y * rows.stride).assumingMemoryBound(to: type))
    }

    /// Line `y`, or where the picture ends the one as far on the other side of `middle`.
    private func mirrored(_ y: Int, around middle: Int) -> Int {
        if y >= 0, y < height { return y }
        let other = 2 * middle - y
        return other >= 0 && other < height ? other : middle
    }

    /// Where all lines that the filters want exist.
    private func interpolate<Sample: FixedWidthInteger & UnsignedInteger>(
        _ target: UnsafeMutablePointer<Sample>, _ y: Int, _ previous: Rows, _ next: Rows, _ count: Int, _ most: Int32
    ) {
        let type = Sample.self
        let (above, below) = (line(current, y - 1, type), line(current, y + 1, type))
        let (above3, below3) = (line(current, y - 3, type), line(current, y + 3, type))
        let (previousAbove, previousBelow) = (line(previous, y - 1, type), line(previous, y + 1, type))
        let (nextAbove, nextBelow) = (line(next, y - 1, type), line(next, y + 1, type))
        // The other field was on the screen half a picture before, in the previous picture, and comes half a picture
        // later, in this one.
        let (before, after) = (line(previous, y, type), line(current, y, type))
        let (beforeUp2, afterUp2) = (line(previous, y - 2, type), line(current, y - 2, type))
        let (beforeDown2, afterDown2) = (line(previous, y + 2, type), line(current, y + 2, type))
        let (beforeUp4, afterUp4) = (line(previous, y - 4, type), line(current, y - 4, type))
        let (beforeDown4, afterDown4) = (line(previous, y + 4, type), line(current, y + 4, type))
        for x in 0..<count {
            let up = Int32(above[x])
            let down = Int32(below[x])
            let first = Int32(before[x])
            let second = Int32(after[x])
            let still = (first &+ second) >> 1
            let change = abs(first &- second)
            let changeBefore = (abs(Int32(previousAbove[x]) &- up) &+ abs(Int32(previousBelow[x]) &- down)) >> 1
            let changeAfter = (abs(Int32(nextAbove[x]) &- up) &+ abs(Int32(nextBelow[x]) &- down)) >> 1
            let sum2 = Int32(beforeUp2[x]) &+ Int32(afterUp2[x])
            let sumDown2 = Int32(beforeDown2[x]) &+ Int32(afterDown2[x])
            let bound = Self.widened(
                max(change >> 1, max(changeBefore, changeAfter)), still: still, up: up, down: down,
                up2: sum2 >> 1, down2: sumDown2 >> 1)
            let sum3 = Int32(above3[x]) &+ Int32(below3[x])
            let sum4 = Int32(beforeUp4[x]) &+ Int32(afterUp4[x]) &+ Int32(beforeDown4[x]) &+ Int32(afterDown4[x])
            let detail =
                (Self.other0 &* (first &+ second) &- Self.other2 &* (sum2 &+ sumDown2) &+ Self.other4 &* sum4) >> 2
            let threeFields = (detail &+ Self.near &* (up &+ down) &- Self.far &* sum3) >> 13
            let oneField = (Self.spatialNear &* (up &+ down) &- Self.spatialFar &* sum3) >> 13
            let guess = abs(up &- down) > change ? threeFields : oneField
            target[x] = Self.clipped(guess, around: still, by: bound, most: most)
        }
    }

    /// Near the upper and lower edge: the mean of the lines beside it, within the same bounds.
    private func interpolateNearEdge<Sample: FixedWidthInteger & UnsignedInteger>(
        _ target: UnsafeMutablePointer<Sample>, _ y: Int, _ previous: Rows, _ next: Rows, _ count: Int, _ most: Int32
    ) {
        let type = Sample.self
        let yAbove = mirrored(y - 1, around: y)
        let yBelow = mirrored(y + 1, around: y)
        let hasSecondNeighbours = y >= 2 && y + 3 <= height
        let up2 = hasSecondNeighbours ? y - 2 : y
        let down2 = hasSecondNeighbours ? y + 2 : y
        for x in 0..<count {
            let up = Int32(line(current, yAbove, type)[x])
            let down = Int32(line(current, yBelow, type)[x])
            let first = Int32(line(previous, y, type)[x])
            let second = Int32(line(current, y, type)[x])
            let still = (first &+ second) >> 1
            let change = abs(first &- second)
            let changeBefore =
                (abs(Int32(line(previous, yAbove, type)[x]) &- up)
                    &+ abs(Int32(line(previous, yBelow, type)[x]) &- down))
                >> 1
            let changeAfter =
                (abs(Int32(line(next, yAbove, type)[x]) &- up) &+ abs(Int32(line(next, yBelow, type)[x]) &- down)) >> 1
            var bound = max(change >> 1, max(changeBefore, changeAfter))
            if hasSecondNeighbours {
                bound = Self.widened(
                    bound, still: still, up: up, down: down,
                    up2: (Int32(line(previous, up2, type)[x]) &+ Int32(line(current, up2, type)[x])) >> 1,
                    down2: (Int32(line(previous, down2, type)[x]) &+ Int32(line(current, down2, type)[x])) >> 1)
            }
            target[x] = Self.clipped((up &+ down) >> 1, around: still, by: bound, most: most)
        }
    }

    /// Without a neighbour in time: from the lines of the same field alone.
    private func interpolateWithin<Sample: FixedWidthInteger & UnsignedInteger>(
        _ target: UnsafeMutablePointer<Sample>, _ y: Int, _ count: Int, _ most: Int32
    ) {
        let type = Sample.self
        let above = line(current, mirrored(y - 1, around: y), type)
        let below = line(current, mirrored(y + 1, around: y), type)
        let above3 = y >= 3 ? line(current, y - 3, type) : below
        let below3 = y + 3 < height ? line(current, y + 3, type) : above
        for x in 0..<count {
            let sum = Int32(above[x]) &+ Int32(below[x])
            let sum3 = Int32(above3[x]) &+ Int32(below3[x])
            let guess = (Self.spatialNear &* sum &- Self.spatialFar &* sum3) >> 13
            target[x] = Sample(truncatingIfNeeded: min(max(guess, 0), most))
        }
    }

    /// How far from the mean in time a sample may lie: as far as something changed, or as far as this field's own lines
    /// ask for when the other field's lines there stand out from them (yadif's spatial check).
    ///
    /// Nothing at all changed means nothing moves: then the two fields are simply woven.
    @inline(__always)
    private static func widened(_ bound: Int32, still: Int32, up: Int32, down: Int32, up2: Int32, down2: Int32)
        -> Int32
    {
        let (fromUp, fromDown) = (still &- up, still &- down)
        let (above, below) = (up2 &- up, down2 &- down)
        let most = max(fromDown, max(fromUp, min(above, below)))
        let least = min(fromDown, min(fromUp, max(above, below)))
        return bound == 0 ? 0 : max(bound, max(least, 0 &- most))
    }

    @inline(__always)
    private static func clipped<Sample: FixedWidthInteger & UnsignedInteger>(
        _ guess: Int32, around still: Int32, by bound: Int32, most: Int32
    ) -> Sample {
        let held = min(max(guess, still &- bound), still &+ bound)
        return Sample(truncatingIfNeeded: min(max(held, 0), most))
    }
}
