/// Scales a square of an 8-bit RGB picture to the network's size, straight into the batch.
///
/// Bilinear with the filter widened when it shrinks (antialiased), as Pillow and torchvision's `antialias=True` do:
/// the triangle filter of half-width `max(1, scale)` at pixel centres, weights summing to 1, cut off at the picture's
/// edges. Weights are made once a clip, all its frames have the same crop.
struct CropResampler {
    /// Side of the output in pixels.
    private let size: Int
    private var columns = AxisWeights()
    private var rows = AxisWeights()
    /// One output row before it is resampled across: `[x, channel]` over the columns in use, and one float more, so
    /// that four can be read at every pixel.
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
        line = [Float](repeating: 0, count: columnCount * 3 + 1)
    }

    /// Resamples one picture of the size prepared for.
    ///
    /// - Parameters:
    ///   - pixels: RGB, `[y, x, channel]`.
    ///   - stride: pixels from one row to the next.
    ///   - output: RGB, `[y, x, channel]`, `size` × `size`, rounded to the nearest.
    mutating func resample(
        _ pixels: UnsafeBufferPointer<UInt8>, stride: Int, into output: UnsafeMutableBufferPointer<UInt8>
    ) {
        precondition(output.count == 3 * size * size, "\(output.count) bytes for a picture of \(size)")
        precondition(
            ((rows.reach - 1) * stride + columns.reach) * 3 <= pixels.count, "a picture smaller than its crop")
        guard let source = pixels.baseAddress, let output = output.baseAddress else { return }
        let (size, rows, columns, firstColumn) = (size, rows, columns, firstColumn)
        line.withUnsafeMutableBufferPointer { line in
            guard let blended = line.baseAddress else { return }
            rows.withPointers { first, taps, weights, capacity in
                for y in 0..<size {
                    let corner = source + (first[y] * stride + firstColumn) * 3
                    Self.blend(
                        corner, rowBytes: stride * 3, weights: weights + y * capacity, taps: taps[y], into: blended,
                        count: line.count - 1)
                    Self.spread(
                        blended, columns: columns, firstColumn: firstColumn, into: output + y * size * 3)
                }
            }
        }
    }

    /// The weighted sum of the source rows from `source` on, one weight each.
    private static func blend(
        _ source: UnsafePointer<UInt8>, rowBytes: Int, weights: UnsafePointer<Float>, taps: Int,
        into line: UnsafeMutablePointer<Float>, count: Int
    ) {
        let weight = weights[0]
        if taps == 2 {
            let (second, below) = (weights[1], source + rowBytes)
            for index in 0..<count { line[index] = weight * Float(source[index]) + second * Float(below[index]) }
            return
        }
        for index in 0..<count { line[index] = weight * Float(source[index]) }
        for tap in 1..<taps {
            let (weight, row) = (weights[tap], source + tap * rowBytes)
            for index in 0..<count { line[index] += weight * Float(row[index]) }
        }
    }

    /// Resamples a blended row across, and writes its pixels.
    private static func spread(
        _ line: UnsafePointer<Float>, columns: AxisWeights, firstColumn: Int, into row: UnsafeMutablePointer<UInt8>
    ) {
        columns.withPointers { first, taps, weights, width in
            let count = columns.count
            for x in 0..<count {
                // Three channels and the next pixel's red, which is thrown away: one load, not three.
                var source = UnsafeRawPointer(line + (first[x] - firstColumn) * 3)
                let weights = weights + x * width
                var pixel = weights[0] * source.loadUnaligned(as: SIMD4<Float>.self)
                for tap in 1..<taps[x] {
                    source += 3 * MemoryLayout<Float>.stride
                    pixel += weights[tap] * source.loadUnaligned(as: SIMD4<Float>.self)
                }
                // Weights are positive and sum to 1, but for rounding.
                let bytes = SIMD4<UInt8>(
                    truncatingIfNeeded: SIMD4<Int32>(pixel.clamped(lowerBound: zero, upperBound: white) + half))
                let place = row + 3 * x
                (place[0], place[1], place[2]) = (bytes.x, bytes.y, bytes.z)
            }
        }
    }

    private static let zero = SIMD4<Float>(repeating: 0)
    private static let half = SIMD4<Float>(repeating: 0.5)
    private static let white = SIMD4<Float>(repeating: 255)
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

    /// Number of output positions.
    var count: Int { first.count }

    /// The three tables for the kernels, and the row length of the weights.
    func withPointers(
        _ body: (
            _ first: UnsafePointer<Int>, _ taps: UnsafePointer<Int>, _ weights: UnsafePointer<Float>, _ width: Int
        ) -> Void
    ) {
        first.withUnsafeBufferPointer { first in
            taps.withUnsafeBufferPointer { taps in
                weights.withUnsafeBufferPointer { weights in
                    guard let first = first.baseAddress, let taps = taps.baseAddress, let weights = weights.baseAddress
                    else { return }
                    body(first, taps, weights, width)
                }
            }
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
            let upper = max(lower + 1, min(length, Int((center + support - 0.5).rounded(.up))))
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
