import AVPrepCore

/// Scales a square of an 8-bit RGB picture to the network's size, normalised, straight into the batch.
///
/// Bilinear with the filter widened when it shrinks (antialiased), as Pillow and torchvision's `antialias=True` do:
/// the triangle filter of half-width `max(1, scale)` at pixel centres, weights summing to 1, cut off at the picture's
/// edges. Weights are made once a clip, all its frames have the same crop.
struct CropResampler {
    /// Mean and deviation of Kinetics' RGB in [0, 1], as torchvision's video networks are fed.
    static let mean: [Float] = [0.43216, 0.394666, 0.37645]
    static let deviation: [Float] = [0.22803, 0.22145, 0.216989]

    /// Side of the output in pixels.
    private let size: Int
    private var columns = AxisWeights()
    private var rows = AxisWeights()
    /// One output row before it is resampled across: `[x, channel]` over the columns in use.
    private var line: [Float] = []
    /// Edges of the source's columns in use.
    private var firstColumn = 0
    private var columnCount = 0

    /// - Parameter size: side of the output in pixels.
    init(size: Int) { self.size = size }

    /// Prepares for pictures of `width` × `height` of which the square at (`x`, `y`) is wanted. Fractions are of a
    /// pixel: a picture that was decoded smaller has its crop scaled likewise.
    mutating func prepare(width: Int, height: Int, x: Double, y: Double, side: Double, isFlipped: Bool) {
        columns.prepare(length: width, start: x, extent: side, count: size, isReversed: isFlipped)
        rows.prepare(length: height, start: y, extent: side, count: size, isReversed: false)
        firstColumn = columns.first.min() ?? 0
        columnCount = zip(columns.first, columns.taps).reduce(0) { max($0, $1.0 + $1.1) } - firstColumn
        line = [Float](repeating: 0, count: columnCount * 3)
    }

    /// Resamples one picture of the size prepared for.
    ///
    /// - Parameters:
    ///   - pixels: RGB, `[y, x, channel]`, tight rows of `width` pixels.
    ///   - output: where red begins; `[y, x]` tight, `size` × `size`.
    ///   - planeStride: floats from one channel to the next.
    mutating func resample(
        _ pixels: UnsafeBufferPointer<UInt8>, width: Int, into output: UnsafeMutablePointer<Float>, planeStride: Int
    ) {
        precondition(width * 3 * rows.reach <= pixels.count, "a picture smaller than its crop")
        guard let source = pixels.baseAddress else { return }
        let (size, rows, columns, firstColumn) = (size, rows, columns, firstColumn)
        line.withUnsafeMutableBufferPointer { line in
            for y in 0..<size {
                let corner = source + (rows.first[y] * width + firstColumn) * 3
                rows.withWeights(at: y) { Self.blend(corner, rowBytes: width * 3, weights: $0, into: line) }
                Self.spread(
                    UnsafeBufferPointer(line), columns: columns, firstColumn: firstColumn, into: output + y * size,
                    planeStride: planeStride)
            }
        }
    }

    /// The weighted sum of the source rows from `source` on, one weight each.
    private static func blend(
        _ source: UnsafePointer<UInt8>, rowBytes: Int, weights: UnsafeBufferPointer<Float>,
        into line: UnsafeMutableBufferPointer<Float>
    ) {
        for (tap, weight) in weights.enumerated() {
            let row = source + tap * rowBytes
            if tap == 0 {
                for index in 0..<line.count { line[index] = weight * Float(row[index]) }
            } else {
                for index in 0..<line.count { line[index] += weight * Float(row[index]) }
            }
        }
    }

    /// Resamples a blended row across, and writes its three channels normalised.
    private static func spread(
        _ line: UnsafeBufferPointer<Float>, columns: AxisWeights, firstColumn: Int,
        into row: UnsafeMutablePointer<Float>, planeStride: Int
    ) {
        let (redScale, greenScale, blueScale) = (scale[0], scale[1], scale[2])
        let (redOffset, greenOffset, blueOffset) = (offset[0], offset[1], offset[2])
        for x in 0..<columns.first.count {
            let start = (columns.first[x] - firstColumn) * 3
            columns.withWeights(at: x) { weights in
                var (red, green, blue): (Float, Float, Float) = (0, 0, 0)
                for tap in 0..<weights.count {
                    red += weights[tap] * line[start + tap * 3]
                    green += weights[tap] * line[start + tap * 3 + 1]
                    blue += weights[tap] * line[start + tap * 3 + 2]
                }
                row[x] = red * redScale + redOffset
                row[x + planeStride] = green * greenScale + greenOffset
                row[x + 2 * planeStride] = blue * blueScale + blueOffset
            }
        }
    }

    /// What a byte is multiplied with, and what is added to it, to normalise it.
    private static let scale = deviation.map { 1 / (255 * $0) }
    private static let offset = zip(mean, deviation).map { -$0 / $1 }
}

/// For each output position along one axis: which source positions it sees, and how much of each.
struct AxisWeights {
    /// First source position, an output position.
    private(set) var first: [Int] = []
    /// Number of source positions, an output position.
    private(set) var taps: [Int] = []
    /// Weights, `[output, tap]` with `width` taps a row.
    private var weights: [Float] = []
    private var width = 0

    /// One past the last source position seen.
    var reach: Int { zip(first, taps).reduce(0) { max($0, $1.0 + $1.1) } }

    /// The weights of the source positions that `output` sees.
    func withWeights(at output: Int, _ body: (UnsafeBufferPointer<Float>) -> Void) {
        weights.withUnsafeBufferPointer {
            body(UnsafeBufferPointer(rebasing: $0[output * width..<output * width + taps[output]]))
        }
    }

    /// Makes the weights of `count` outputs over `[start, start + extent)` of an axis with `length` positions.
    ///
    /// - Parameter isReversed: the outputs run the other way: a mirrored picture.
    mutating func prepare(length: Int, start: Double, extent: Double, count: Int, isReversed: Bool) {
        precondition(length > 0 && count > 0 && extent > 0, "no positions to resample")
        let scale = extent / Double(count)
        let support = max(1, scale)
        width = Int((2 * support).rounded(.up)) + 2
        first = [Int](repeating: 0, count: count)
        taps = [Int](repeating: 0, count: count)
        weights = [Float](repeating: 0, count: count * width)
        for output in 0..<count {
            let center = start + (Double(output) + 0.5) * scale
            // Positions whose centre lies within the support; at least the nearest one, at the picture's edge.
            let lower = min(max(0, Int((center - support + 0.5).rounded(.down))), length - 1)
            let upper = max(lower + 1, min(length, Int((center + support + 0.5).rounded(.down))))
            let raw = (lower..<upper).map { max(0, 1 - abs((Double($0) + 0.5 - center) / support)) }
            let sum = raw.reduce(0, +)
            let slot = isReversed ? count - 1 - output : output
            first[slot] = lower
            taps[slot] = upper - lower
            for (tap, weight) in raw.enumerated() {
                weights[slot * width + tap] = Float(sum > 0 ? weight / sum : 1 / Double(raw.count))
            }
        }
    }
}
