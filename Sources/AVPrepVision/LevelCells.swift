import AVPrepCore

/// One probed frame as levels: the mean of the channels of each pixel. Black means that no channel shines, and a pure
/// blue has next to no luma.
struct LevelPlane {
    let width: Int
    let height: Int
    let levels: [UInt8]

    init(_ frame: Image8) {
        width = frame.width
        height = frame.height
        guard frame.channels > 1 else {
            levels = Array(frame.pixels)
            return
        }
        let channels = frame.channels
        levels = Array(unsafeUninitializedCapacity: width * height) { buffer, count in
            count = frame.width * frame.height
            for pixel in 0..<count {
                var sum = 0
                for channel in 0..<channels { sum += Int(frame.pixels[pixel * channels + channel]) }
                buffer[pixel] = UInt8(truncatingIfNeeded: sum / channels)
            }
        }
    }

    /// The level below which the share `share` of the pixels lies.
    func quantile(_ share: Double) -> Double {
        var histogram = Array(repeating: 0, count: 256)
        for level in levels { histogram[Int(level)] += 1 }
        var below = 0
        for (level, count) in histogram.enumerated() {
            below += count
            if Double(below) >= share * Double(levels.count) { return Double(level) }
        }
        return 255
    }
}

/// Mean levels of cells, one line × one band, over several frames. Lines are rows or columns of a part of the picture;
/// bands cut every line into up to sixteen equal pieces.
struct LevelCells {
    let lineCount: Int
    let bandCount: Int
    private let frameCount: Int
    /// `[frame, line, band]`
    private let means: [Float]
    /// `[line, band]`: over the frames.
    private var highest: [Float]
    private var lowest: [Float]

    /// The level of what may be a border, and how far its cells stray from it.
    struct Reference {
        var level: Double
        var tolerance: Double
    }

    init(_ planes: [LevelPlane], rows: Range<Int>, columns: Range<Int>, linesAreRows: Bool) {
        let lines = linesAreRows ? rows : columns
        let across = linesAreRows ? columns : rows
        let bandCount = max(1, min(16, across.count / 8))
        let bounds = (0...bandCount).map { across.lowerBound + across.count * $0 / bandCount }
        let cellCount = lines.count * bandCount
        var means: [Float] = []
        means.reserveCapacity(planes.count * cellCount)
        for plane in planes {
            let (lineStep, acrossStep) = linesAreRows ? (plane.width, 1) : (1, plane.width)
            plane.levels.withUnsafeBufferPointer { levels in
                for line in lines {
                    for band in 0..<bandCount {
                        var sum = 0
                        for position in bounds[band]..<bounds[band + 1] {
                            sum += Int(levels[line * lineStep + position * acrossStep])
                        }
                        means.append(Float(sum) / Float(bounds[band + 1] - bounds[band]))
                    }
                }
            }
        }
        highest = Array(repeating: 0, count: cellCount)
        lowest = Array(repeating: 255, count: cellCount)
        for (index, mean) in means.enumerated() {
            highest[index % cellCount] = max(highest[index % cellCount], mean)
            lowest[index % cellCount] = min(lowest[index % cellCount], mean)
        }
        lineCount = lines.count
        self.bandCount = bandCount
        frameCount = planes.count
        self.means = means
    }

    /// The level of a cell in the frame where it is brightest.
    func brightest(_ line: Int, _ band: Int) -> Double { Double(highest[line * bandCount + band]) }

    /// Whether a cell keeps to the reference's level in every frame.
    func isBlack(_ line: Int, _ band: Int, _ reference: Reference) -> Bool {
        let index = line * bandCount + band
        return Double(highest[index]) <= reference.level + reference.tolerance
            && Double(lowest[index]) >= reference.level - reference.tolerance
    }

    /// Median level of the outermost lines in all frames; the tolerance is three deviations (from the median absolute
    /// deviation), within 4 (blocks of a coarse encoder) and 10.
    func reference(outermost count: Int, isFar: Bool) -> Reference {
        let lines = isFar ? (lineCount - count)..<lineCount : 0..<count
        var values: [Double] = []
        for frame in 0..<frameCount {
            let start = frame * lineCount * bandCount
            for index in lines.lowerBound * bandCount..<lines.upperBound * bandCount {
                values.append(Double(means[start + index]))
            }
        }
        let level = values.median
        let deviation = 1.4826 * values.map { abs($0 - level) }.median
        return Reference(level: level, tolerance: min(10, max(4, 3 * deviation)))
    }
}
