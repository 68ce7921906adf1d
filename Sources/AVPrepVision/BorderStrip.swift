import AVPrepCore

/// One side of the picture, seen from outside: how much of each line is at the level of what may be a border there, and
/// how bright it gets, over several frames.
///
/// Lines run along the side, outermost first, as deep as a border may be; bands cut every line into up to sixteen equal
/// pieces. A cell is a line × a band.
struct BorderStrip {
    enum Edge: CaseIterable {
        case top, bottom, left, right

        var isHorizontal: Bool { self == .top || self == .bottom }
        var isFar: Bool { self == .bottom || self == .right }
    }

    /// Level of what may be a border, 0...255, and how far its pixels stray from it.
    let level: Double
    let tolerance: Double
    let lineCount: Int
    let bandCount: Int
    /// `[line, band]`: the share of the cell's pixels at the border's level, in the frame where it is smallest.
    private let shares: [Float]
    /// `[line, band]`: mean level in the frame where it is highest.
    private let levels: [Float]
    /// `[line]`: the share of pixels that stray a little from the level: neither border nor bright letters in it.
    private let strays: [Float]

    /// - Parameters:
    ///   - planes: frames of one shape.
    ///   - across: the part of the side that is looked at: columns for top and bottom, rows for left and right.
    ///   - sampled: outermost lines from which the border's level is taken.
    ///   - threshold: the highest level of a border.
    /// - Returns: nil when these lines do not have one dark level in every frame.
    init?(_ planes: [LevelPlane], _ edge: Edge, across: Range<Int>, sampled: Int, threshold: Double) {
        guard let first = planes.first else { return nil }
        let length = edge.isHorizontal ? first.height : first.width
        let lineCount = min(length, Int(Double(length) * BlackBorder.largestShare) + 4)
        guard sampled <= lineCount, let reference = Self.reference(planes, edge, across, sampled, threshold) else {
            return nil
        }
        let bandCount = max(1, min(16, across.count / 8))
        let bounds = (0...bandCount).map { across.lowerBound + across.count * $0 / bandCount }
        let lowest = Int((reference.level - reference.tolerance).rounded(.up))
        let highest = Int((reference.level + reference.tolerance).rounded(.down))
        let brightest = Int(reference.level + Self.strayReach)
        let isBorder = (0..<256).map { UInt32($0 >= lowest && $0 <= highest ? 1 : 0) }
        let isStray = (0..<256).map { UInt32($0 < lowest || ($0 > highest && $0 <= brightest) ? 1 : 0) }
        let cellCount = lineCount * bandCount
        var shares = [Float](repeating: 1, count: cellCount)
        var levels = [Float](repeating: 0, count: cellCount)
        var strays = [Float](repeating: 0, count: lineCount)
        for plane in planes {
            var border = [UInt32](repeating: 0, count: cellCount)
            var sum = [UInt32](repeating: 0, count: cellCount)
            var stray = [UInt32](repeating: 0, count: lineCount)
            func line(_ depth: Int) -> Int { edge.isFar ? length - 1 - depth : depth }
            plane.levels.withUnsafeBufferPointer { pixels in
                if edge.isHorizontal {
                    for depth in 0..<lineCount {
                        let start = line(depth) * plane.width
                        for band in 0..<bandCount {
                            let cell = depth * bandCount + band
                            for x in bounds[band]..<bounds[band + 1] {
                                let pixel = Int(pixels[start + x])
                                border[cell] &+= isBorder[pixel]
                                stray[depth] &+= isStray[pixel]
                                sum[cell] &+= UInt32(pixel)
                            }
                        }
                    }
                } else {
                    for band in 0..<bandCount {
                        for y in bounds[band]..<bounds[band + 1] {
                            let start = y * plane.width
                            for depth in 0..<lineCount {
                                let pixel = Int(pixels[start + line(depth)])
                                let cell = depth * bandCount + band
                                border[cell] &+= isBorder[pixel]
                                stray[depth] &+= isStray[pixel]
                                sum[cell] &+= UInt32(pixel)
                            }
                        }
                    }
                }
            }
            for cell in 0..<cellCount {
                let area = Float(bounds[cell % bandCount + 1] - bounds[cell % bandCount])
                shares[cell] = min(shares[cell], Float(border[cell]) / area)
                levels[cell] = max(levels[cell], Float(sum[cell]) / area)
            }
            for depth in 0..<lineCount { strays[depth] += Float(stray[depth]) / Float(across.count * planes.count) }
        }
        level = reference.level
        tolerance = reference.tolerance
        self.lineCount = lineCount
        self.bandCount = bandCount
        self.shares = shares
        self.levels = levels
        self.strays = strays
    }

    /// Levels above the border's up to which a pixel strays; what is brighter may be a letter.
    private static let strayReach = 48.0
    /// Share of the sampled lines that must have one level in every frame: the rest may be letters.
    private static let leastShare = 0.3

    /// The level that most pixels of the outermost lines have, and three of their deviations from it, within 5 (blocks of a
    /// coarse encoder) and 15.
    private static func reference(
        _ planes: [LevelPlane], _ edge: Edge, _ across: Range<Int>, _ sampled: Int, _ threshold: Double
    ) -> (level: Double, tolerance: Double)? {
        var histograms: [[Int]] = []
        for plane in planes {
            var histogram = [Int](repeating: 0, count: 256)
            for depth in 0..<sampled {
                for position in across {
                    let pixel: Int
                    switch edge {
                    case .top: pixel = depth * plane.width + position
                    case .bottom: pixel = (plane.height - 1 - depth) * plane.width + position
                    case .left: pixel = position * plane.width + depth
                    case .right: pixel = (position + 1) * plane.width - 1 - depth
                    }
                    histogram[Int(plane.levels[pixel])] += 1
                }
            }
            histograms.append(histogram)
        }
        let total = (0..<256).map { level in histograms.reduce(0) { $0 + $1[level] } }
        func count(_ counts: [Int], _ centre: Int, _ reach: Int) -> Int {
            counts[max(0, centre - reach)...min(255, centre + reach)].reduce(0, +)
        }
        let highest = min(255, Int(threshold))
        guard let peak = (0...highest).max(by: { count(total, $0, 2) < count(total, $1, 2) }) else { return nil }
        let near = max(0, peak - 12)...min(255, peak + 12)
        let weight = Double(near.reduce(0) { $0 + total[$1] })
        guard weight > 0 else { return nil }
        let mean = near.reduce(0.0) { $0 + Double($1 * total[$1]) } / weight
        let variance = near.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) * Double(total[$1]) } / weight
        let tolerance = min(15, max(5, 3 * variance.squareRoot()))
        let pixels = Double(sampled * across.count)
        let isEverywhere = histograms.allSatisfy {
            Double(count($0, Int(mean.rounded()), Int(tolerance))) >= leastShare * pixels
        }
        return isEverywhere && mean <= threshold ? (mean, tolerance) : nil
    }

    // MARK: - Reading

    /// The share of a cell at the border's level, in the frame where it is smallest.
    func share(_ depth: Int, _ band: Int) -> Double { Double(shares[depth * bandCount + band]) }

    /// The mean level of a cell in the frame where it is brightest.
    func brightest(_ depth: Int, _ band: Int) -> Double { Double(levels[depth * bandCount + band]) }

    /// The share of a whole line at the border's level.
    func share(ofLine depth: Int) -> Double {
        Double(shares[depth * bandCount..<(depth + 1) * bandCount].reduce(0, +)) / Double(bandCount)
    }

    /// The share of a line that strays a little from the level, in the mean over frames.
    func stray(ofLine depth: Int) -> Double { Double(strays[depth]) }
}
