/// Statistics of one side of the picture over several frames: how much of each line is at the level of a possible
/// border, and how bright it gets.
///
/// Lines run along the side, outermost first, down to the greatest possible depth of a border; each line is divided
/// into up to sixteen equal bands. A cell is one band of one line.
struct BorderStrip {
    enum Edge: CaseIterable {
        case top, bottom, left, right

        var isHorizontal: Bool { self == .top || self == .bottom }
        var isFar: Bool { self == .bottom || self == .right }
    }

    /// Level of the possible border, 0...255, averaged over frames, and how far its pixels deviate from it.
    let level: Double
    let tolerance: Double
    let lineCount: Int
    let bandCount: Int
    /// `[line, band]`: the fraction of the cell's pixels at the border's level, minimum over frames.
    private let shares: [Float]
    /// `[line, band]`: how far the mean level is above the border's, maximum over frames.
    private let rises: [Float]
    /// `[line]`: the fraction of pixels that deviate a little from the level: neither border nor bright letters in it.
    private let strays: [Float]

    /// - Parameters:
    ///   - planes: frames of one shape.
    ///   - across: the part of the side that is examined: columns for top and bottom, rows for left and right.
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
        let cellCount = lineCount * bandCount
        var shares = [Float](repeating: 1, count: cellCount)
        var rises = [Float](repeating: -255, count: cellCount)
        var strays = [Float](repeating: 0, count: lineCount)
        for (plane, level) in zip(planes, reference.levels) {
            let lowest = Int((level - reference.tolerance).rounded(.up))
            let highest = Int((level + reference.tolerance).rounded(.down))
            let brightest = Int(level + Self.strayReach)
            let isBorder = (0..<256).map { UInt32($0 >= lowest && $0 <= highest ? 1 : 0) }
            let isStray = (0..<256).map { UInt32($0 < lowest || ($0 > highest && $0 <= brightest) ? 1 : 0) }
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
                rises[cell] = max(rises[cell], Float(sum[cell]) / area - Float(level))
            }
            for depth in 0..<lineCount { strays[depth] += Float(stray[depth]) / Float(across.count * planes.count) }
        }
        level = reference.levels.reduce(0, +) / Double(planes.count)
        tolerance = reference.tolerance
        self.lineCount = lineCount
        self.bandCount = bandCount
        self.shares = shares
        self.rises = rises
        self.strays = strays
    }

    /// Levels above the border's within which a pixel counts as deviating; a brighter one may belong to a letter.
    private static let strayReach = 48.0
    /// Fraction of the sampled lines that must have one level in every frame: the rest may be letters.
    private static let leastShare = 0.3

    /// The level of the outermost lines in each frame, and three standard deviations, limited to between 5 (blocks of a
    /// coarse encoder) and 15. One level for all frames where possible; else the level of each frame, for bars that
    /// grow lighter or darker.
    private static func reference(
        _ planes: [LevelPlane], _ edge: Edge, _ across: Range<Int>, _ sampled: Int, _ threshold: Double
    ) -> (levels: [Double], tolerance: Double)? {
        let histograms = planes.map { histogram($0, edge, across, sampled) }
        let pixels = Double(sampled * across.count)
        func isEverywhere(_ levels: [Double], _ tolerance: Double) -> Bool {
            zip(histograms, levels).allSatisfy { histogram, level in
                level <= threshold
                    && Double(count(histogram, Int(level.rounded()), Int(tolerance))) >= leastShare * pixels
            }
        }
        func tolerance(_ deviation: Double) -> Double { min(15, max(5, 3 * deviation)) }
        let total = (0..<256).map { level in histograms.reduce(0) { $0 + $1[level] } }
        guard let all = peak(total, threshold) else { return nil }
        let one = (levels: histograms.map { _ in all.mean }, tolerance: tolerance(all.variance.squareRoot()))
        if isEverywhere(one.levels, one.tolerance) { return one }
        let own = histograms.compactMap { peak($0, threshold) }
        guard own.count == histograms.count else { return nil }
        let variance = own.reduce(0) { $0 + $1.variance } / Double(own.count)
        let followed = (levels: own.map(\.mean), tolerance: tolerance(variance.squareRoot()))
        return isEverywhere(followed.levels, followed.tolerance) ? followed : nil
    }

    /// The most frequent level, up to the threshold.
    private static func peak(_ histogram: [Int], _ threshold: Double) -> (mean: Double, variance: Double)? {
        let highest = min(255, Int(threshold))
        guard let peak = (0...highest).max(by: { count(histogram, $0, 2) < count(histogram, $1, 2) }) else {
            return nil
        }
        let near = max(0, peak - 12)...min(255, peak + 12)
        let weight = Double(near.reduce(0) { $0 + histogram[$1] })
        guard weight > 0 else { return nil }
        let mean = near.reduce(0.0) { $0 + Double($1 * histogram[$1]) } / weight
        let variance =
            near.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) * Double(histogram[$1]) } / weight
        return (mean, variance)
    }

    private static func count(_ histogram: [Int], _ centre: Int, _ reach: Int) -> Int {
        histogram[max(0, centre - reach)...min(255, centre + reach)].reduce(0, +)
    }

    private static func histogram(_ plane: LevelPlane, _ edge: Edge, _ across: Range<Int>, _ sampled: Int) -> [Int] {
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
        return histogram
    }

    // MARK: - Reading

    /// The fraction of a cell at the border's level, minimum over frames.
    func share(_ depth: Int, _ band: Int) -> Double { Double(shares[depth * bandCount + band]) }

    /// How far the mean level of a cell is above the border's, maximum over frames.
    func rise(_ depth: Int, _ band: Int) -> Double { Double(rises[depth * bandCount + band]) }

    /// The fraction of a whole line at the border's level.
    func share(ofLine depth: Int) -> Double {
        Double(shares[depth * bandCount..<(depth + 1) * bandCount].reduce(0, +)) / Double(bandCount)
    }

    /// The fraction of a line that deviates a little from the level, averaged over frames.
    func stray(ofLine depth: Int) -> Double { Double(strays[depth]) }
}
