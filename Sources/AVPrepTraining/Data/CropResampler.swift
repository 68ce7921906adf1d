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
        let filter = TriangleFilter(length: length, start: start, scale: scale, support: support)
        let spans = (0..<count).lazy.map(filter.positions)
        width = ((spans.map(\.count).max() ?? 1) + 1) / 2 * 2
        reach = spans.map(\.upperBound).max() ?? 0
        Self.reset(&first, count)
        Self.reset(&taps, count)
        Self.reset(&weights, count * width)
        for (output, span) in spans.enumerated() {
            let slot = isReversed ? count - 1 - output : output
            first[slot] = Int32(span.lowerBound)
            taps[slot] = Int32(span.count)
            fill(slot * width, span) { filter.weight(output, of: $0) }
        }
    }

    /// Weights that sum to exactly 1, so that an even picture stays as it is: what rounding leaves over goes to the largest.
    private mutating func fill(_ place: Int, _ span: Range<Int>, _ weight: (Int) -> Double) {
        let sum = span.reduce(0) { $0 + weight($1) }
        let one = Int(CKERNELS_CROP_ONE)
        var left = one
        var largest = place
        for (tap, position) in span.enumerated() {
            let share = sum > 0 ? weight(position) / sum * Double(one) : Double(one) / Double(span.count)
            weights[place + tap] = Int16(share.rounded())
            left -= Int(weights[place + tap])
            if weights[place + tap] > weights[largest] { largest = place + tap }
        }
        weights[largest] += Int16(left)
    }

    /// Zeros, in the memory of before.
    private static func reset<Number: FixedWidthInteger>(_ numbers: inout [Number], _ count: Int) {
        numbers.removeAll(keepingCapacity: true)
        numbers.append(contentsOf: repeatElement(0, count: count))
    }
}

/// The triangle filter along an axis: which source positions an output sees, and how much of each before they are made to
/// sum to 1.
private struct TriangleFilter {
    let length: Int
    let start: Double
    /// Source positions an output position.
    let scale: Double
    /// The filter's half-width in source positions.
    let support: Double

    private func center(_ output: Int) -> Double { start + (Double(output) + 0.5) * scale }

    /// Positions whose centre lies within the support; at least the nearest one, at the picture's edge.
    func positions(_ output: Int) -> Range<Int> {
        let center = center(output)
        let lower = min(max(0, Int((center - support + 0.5).rounded(.down))), length - 1)
        return lower..<max(lower + 1, min(length, Int((center + support - 0.5).rounded(.up))))
    }

    func weight(_ output: Int, of position: Int) -> Double {
        max(0, 1 - abs((Double(position) + 0.5 - center(output)) / support))
    }
}
