/// Detects bars filled with a blurred copy by their edges: from the side to one straight line the picture is smooth,
/// there it changes in one step along most of the line, and on the opposite side it does the same at the same depth.
///
/// That the picture is sharper than the bars is weak evidence by itself: often only the middle of a picture is in
/// focus, and a film may be soft up to its edge.
struct BlurredEdges {
    /// Minimum step at an edge, in levels.
    static let smallestStep: Float = 2
    /// Minimum ratio of the edge's step to the 90th percentile of the bar's own steps.
    static let outsideRatio: Float = 2.5
    /// Minimum ratio of the edge's step to the steps just inside it.
    static let insideRatio: Float = 1.5
    /// Minimum fraction of the edge along which it is detected, on each side, and on both together.
    static let sideShare = 0.3
    static let pairShare = 0.5
    /// Maximum sharpness of the bars, relative to that of the middle of the picture.
    static let largestSharpness: Float = 0.7
    /// Minimum brightness of the bars, relative to the picture: a dark room around a window is darker.
    static let smallestBrightness: Float = 0.2
    /// Number of bands that every line is divided into.
    private static let bandCount = 16

    private let lineCount: Int
    /// `[band, line]`: mean difference from the previous line, in levels.
    private let steps: [Float]
    /// `[line]`: mean of ``steps`` over the line.
    private let lineSteps: [Float]
    /// `[line]`: mean second difference along the line, in levels.
    private let sharpness: [Float]
    /// `[line]`: mean brightness, in levels.
    private let brightness: [Float]

    /// - Parameters:
    ///   - planes: frames of one shape.
    ///   - isUpright: true for columns, with bars left and right; false for rows, with bars above and below.
    init(_ planes: [LevelPlane], isUpright: Bool) {
        let (width, height) = (planes[0].width, planes[0].height)
        lineCount = isUpright ? width : height
        let length = isUpright ? height : width
        var stepSums = [UInt32](repeating: 0, count: Self.bandCount * lineCount)
        var bendSums = [UInt32](repeating: 0, count: lineCount)
        var lightSums = [UInt32](repeating: 0, count: lineCount)
        for plane in planes where length > 2 * Self.bandCount && lineCount > 1 {
            plane.levels.withUnsafeBufferPointer { levels in
                stepSums.withUnsafeMutableBufferPointer { steps in
                    bendSums.withUnsafeMutableBufferPointer { bends in
                        lightSums.withUnsafeMutableBufferPointer { light in
                            if isUpright {
                                Self.addColumns(levels, width, height, steps, bends, light)
                            } else {
                                Self.addRows(levels, width, height, steps, bends, light)
                            }
                        }
                    }
                }
            }
        }
        let count = Float(max(1, planes.count * (length - 2)))
        brightness = lightSums.map { Float($0) / count }
        sharpness = bendSums.map { Float($0) / count }
        steps = stepSums.map { Float($0) * Float(Self.bandCount) / count }
        var means = [Float](repeating: 0, count: lineCount)
        for band in 0..<Self.bandCount {
            for line in 0..<lineCount { means[line] += steps[band * lineCount + line] / Float(Self.bandCount) }
        }
        lineSteps = means
    }

    private static func addColumns(
        _ levels: UnsafeBufferPointer<UInt8>, _ width: Int, _ height: Int, _ steps: UnsafeMutableBufferPointer<UInt32>,
        _ bends: UnsafeMutableBufferPointer<UInt32>, _ light: UnsafeMutableBufferPointer<UInt32>
    ) {
        for y in 1..<height - 1 {
            let (row, band) = (y * width, y * bandCount / height * width)
            for x in 0..<width {
                let here = Int32(levels[row + x])
                light[x] &+= UInt32(levels[row + x])
                bends[x] &+= (Int32(levels[row - width + x]) + Int32(levels[row + width + x]) &- 2 &* here).magnitude
            }
            for x in 1..<width {
                steps[band + x] &+= (Int32(levels[row + x]) &- Int32(levels[row + x - 1])).magnitude
            }
        }
    }

    private static func addRows(
        _ levels: UnsafeBufferPointer<UInt8>, _ width: Int, _ height: Int, _ steps: UnsafeMutableBufferPointer<UInt32>,
        _ bends: UnsafeMutableBufferPointer<UInt32>, _ light: UnsafeMutableBufferPointer<UInt32>
    ) {
        for y in 0..<height {
            let row = y * width
            var (bend, sum): (UInt32, UInt32) = (0, 0)
            for x in 1..<width - 1 {
                let here = Int32(levels[row + x])
                sum &+= UInt32(levels[row + x])
                bend &+= (Int32(levels[row + x - 1]) &+ Int32(levels[row + x + 1]) &- 2 &* here).magnitude
            }
            bends[y] &+= bend
            light[y] &+= sum
            guard y > 0 else { continue }
            for band in 0..<bandCount {
                var sum: UInt32 = 0
                for x in max(1, width * band / bandCount)..<min(width - 1, width * (band + 1) / bandCount) {
                    sum &+= (Int32(levels[row + x]) &- Int32(levels[row + x - width])).magnitude
                }
                steps[band * height + y] &+= sum
            }
        }
    }

    /// The depths of two opposite bars, where there are any.
    var bars: (near: Int, far: Int)? {
        let least = max(4, Int(FillerBorder.smallestShare * Double(lineCount)))
        let most = Int(BlackBorder.largestShare * Double(lineCount))
        guard least < most else { return nil }
        let middle = sharpness[lineCount * 2 / 5..<max(lineCount * 2 / 5 + 1, lineCount * 3 / 5)].map(Double.init)
            .median
        var best: (near: Int, far: Int, share: Double)?
        for near in least..<most {
            let share = seenShare(near, isFar: false)
            guard share >= Self.sideShare else { continue }
            for far in near - 1...near + 1 {
                let both = (share + seenShare(far, isFar: true)) / 2
                guard both >= Self.pairShare, 2 * both - share >= Self.sideShare, both > best?.share ?? 0 else {
                    continue
                }
                let outside = max(
                    sharpness[..<(near - 1)].map(Double.init).median,
                    sharpness[(lineCount - far + 1)...].map(Double.init).median)
                if outside <= Double(Self.largestSharpness) * middle, isBright(near, far) { best = (near, far, both) }
            }
        }
        return best.map { ($0.near, $0.far) }
    }

    private func isBright(_ near: Int, _ far: Int) -> Bool {
        func mean(_ lines: ArraySlice<Float>) -> Float { lines.reduce(0, +) / Float(max(1, lines.count)) }
        let bars = (mean(brightness[..<near]) + mean(brightness[(lineCount - far)...])) / 2
        return bars >= Self.smallestBrightness * mean(brightness[near..<(lineCount - far)])
    }

    /// The fraction of bands in which an edge is detected at this depth.
    private func seenShare(_ depth: Int, isFar: Bool) -> Double {
        let edge = isFar ? lineCount - depth : depth
        guard lineSteps[edge] >= Self.smallestStep else { return 0 }
        let outside = isFar ? edge + 2..<lineCount : 1..<edge - 1
        let inside = isFar ? edge - 10..<edge - 2 : edge + 3..<edge + 11
        guard inside.lowerBound > 0, inside.upperBound <= lineCount else { return 0 }
        let seen = (0..<Self.bandCount).count { band in
            let place = band * lineCount
            let here = steps[place + edge]
            guard here >= Self.smallestStep else { return false }
            let rivals = outside.count { steps[place + $0] * Self.outsideRatio > here }
            return Double(rivals) <= 0.1 * Double(outside.count)
                && here >= Self.insideRatio * Float(inside.map { Double(steps[place + $0]) }.median)
        }
        return Double(seen) / Double(Self.bandCount)
    }
}
