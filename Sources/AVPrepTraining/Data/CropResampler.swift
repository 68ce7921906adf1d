import CKernels

/// Scales a square of an 8-bit RGB picture to the network's size, straight into the batch.
///
/// Bilinear with the filter widened when it shrinks (antialiased), as Pillow and torchvision's `antialias=True` do:
/// the triangle filter of half-width `max(1, scale)` at pixel centres, weights summing to 1, cut off at the picture's
/// edges. Weights are made once a clip, all its frames have the same crop.
///
/// The loops are `CKernels/crop`.
struct CropResampler {
    /// Side of the output in pixels.
    private let size: Int
    private var columns = AxisWeights()
    private var rows = AxisWeights()
    /// Output rows before they are resampled across: `[x, channel]` over the columns in use, and room behind them.
    private var lines: [Int16] = []
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
        firstColumn = Int(columns.first.min() ?? 0)
        columnCount = columns.reach - firstColumn
        lines = [Int16](repeating: 0, count: ckernels_crop_lines_size(Int32(columnCount), Int32(columns.width)))
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
        let (rows, columns, firstColumn, columnCount) = (rows, columns, firstColumn, columnCount)
        lines.withUnsafeMutableBufferPointer { lines in
            guard let lines = lines.baseAddress else { return }
            rows.withAxis { rows in
                columns.withAxis { axis in
                    ckernels_crop_rgb(
                        source, stride * 3, axis, rows, Int32(firstColumn), Int32(columnCount), lines, output)
                }
            }
        }
    }
}

/// For each output position along one axis: which source positions it sees, and how much of each.
struct AxisWeights {
    /// First source position, an output position.
    private(set) var first: [Int32] = []
    /// Number of source positions, an output position.
    private(set) var taps: [Int32] = []
    /// Weights, `[output, tap]` with `width` taps a row, in 1 / `CKERNELS_CROP_ONE`; 0 behind an output's own taps.
    private(set) var weights: [Int16] = []
    /// Even.
    private(set) var width = 0
    /// One past the last source position seen.
    private(set) var reach = 0

    /// Number of output positions.
    var count: Int { first.count }

    /// The tables for the kernels, valid during the call.
    func withAxis(_ body: (UnsafePointer<ckernels_axis>) -> Void) {
        first.withUnsafeBufferPointer { first in
            taps.withUnsafeBufferPointer { taps in
                weights.withUnsafeBufferPointer { weights in
                    guard let first = first.baseAddress, let taps = taps.baseAddress, let weights = weights.baseAddress
                    else { return }
                    var axis = ckernels_axis(
                        first: first, taps: taps, weights: weights, width: Int32(width), count: Int32(count))
                    body(&axis)
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
        let rows = (0..<count).map { output -> (first: Int, weights: [Int16]) in
            let center = start + (Double(output) + 0.5) * scale
            // Positions whose centre lies within the support; at least the nearest one, at the picture's edge.
            let lower = min(max(0, Int((center - support + 0.5).rounded(.down))), length - 1)
            let upper = max(lower + 1, min(length, Int((center + support - 0.5).rounded(.up))))
            let raw = (lower..<upper).map { max(0, 1 - abs((Double($0) + 0.5 - center) / support)) }
            return (lower, Self.wholeWeights(raw))
        }
        width = ((rows.map(\.weights.count).max() ?? 1) + 1) / 2 * 2
        reach = rows.map { $0.first + $0.weights.count }.max() ?? 0
        first = [Int32](repeating: 0, count: count)
        taps = [Int32](repeating: 0, count: count)
        weights = [Int16](repeating: 0, count: count * width)
        for (output, row) in rows.enumerated() {
            let slot = isReversed ? count - 1 - output : output
            first[slot] = Int32(row.first)
            taps[slot] = Int32(row.weights.count)
            weights.replaceSubrange(slot * width..<slot * width + row.weights.count, with: row.weights)
        }
    }

    /// Weights that sum to exactly 1, so that an even picture stays as it is: what rounding leaves over goes to the largest.
    private static func wholeWeights(_ raw: [Double]) -> [Int16] {
        let sum = raw.reduce(0, +)
        let one = Int(CKERNELS_CROP_ONE)
        var weights = raw.map { Int((sum > 0 ? $0 / sum * Double(one) : Double(one) / Double(raw.count)).rounded()) }
        let largest = weights.indices.max { weights[$0] < weights[$1] } ?? 0
        weights[largest] += one - weights.reduce(0, +)
        return weights.map { Int16($0) }
    }
}
