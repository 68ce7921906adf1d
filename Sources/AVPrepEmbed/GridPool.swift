/// Pools features over a grid of their last dimensions, as torch's adaptive pools do: cell i of n over a length L takes places
/// from ⌊i L / n⌋ to ⌈(i + 1) L / n⌉.
package struct GridPool: Sendable, Equatable {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        case maximum = "max"
        case mean
    }

    package var kind: Kind
    /// Cells along the two last dimensions: of sound time and frequency, of pictures height and width. Times of clips of
    /// pictures are pooled as one.
    package var cells: [Int]

    package init(_ kind: Kind, cells: [Int]) {
        precondition(cells.count == 2 && cells.allSatisfy { $0 > 0 }, "a grid of \(cells)")
        self.kind = kind
        self.cells = cells
    }

    /// Numbers a sample: channels, rows and columns of the grid, in this order.
    package func dimensions(channels: Int) -> Int { channels * cells[0] * cells[1] }

    /// - Parameters:
    ///   - values: `[N, C, H, W]`, or `[N, C, T, H, W]`.
    ///   - shape: of that.
    /// - Returns: `[N, C · rows · columns]`; nil where the features have fewer places than the grid has cells.
    package func callAsFunction(_ values: [Float], shape: [Int]) -> [Float]? {
        precondition(shape.count == 4 || shape.count == 5, "features of shape \(shape)")
        let (times, height, width) = (shape.count == 5 ? shape[2] : 1, shape[shape.count - 2], shape[shape.count - 1])
        guard height >= cells[0], width >= cells[1] else { return nil }
        let planes = shape[0] * shape[1]
        let rows = Self.ranges(height, cells[0])
        let columns = Self.ranges(width, cells[1])
        var pooled = [Float](repeating: 0, count: planes * cells[0] * cells[1])
        values.withUnsafeBufferPointer { values in
            for plane in 0..<planes {
                for (row, ys) in rows.enumerated() {
                    for (column, xs) in columns.enumerated() {
                        var most = -Float.infinity
                        var sum: Float = 0
                        for time in 0..<times {
                            for y in ys {
                                let start = ((plane * times + time) * height + y) * width
                                for x in xs {
                                    let value = values[start + x]
                                    most = max(most, value)
                                    sum += value
                                }
                            }
                        }
                        pooled[(plane * cells[0] + row) * cells[1] + column] =
                            kind == .maximum ? most : sum / Float(times * ys.count * xs.count)
                    }
                }
            }
        }
        return pooled
    }

    private static func ranges(_ length: Int, _ cells: Int) -> [Range<Int>] {
        (0..<cells).map { $0 * length / cells..<(($0 + 1) * length + cells - 1) / cells }
    }
}
