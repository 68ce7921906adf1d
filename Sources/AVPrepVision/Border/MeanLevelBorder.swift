import AVPrepModel

/// The Arrow of Time rule for black borders: the first and last consecutive rows and columns whose mean RGB is below
/// the threshold in every probed frame (Wei et al., CVPR 2018; `tool_process/README.md` of its data set tools).
enum MeanLevelBorder {
    static func detect(in frames: [PixelBuffer], threshold: Double) -> BorderDetection {
        guard let first = frames.first else { return .none(isDark: false) }
        var rowIsDark = Array(repeating: true, count: first.height)
        var columnIsDark = Array(repeating: true, count: first.width)
        var rowLevel = Array(repeating: 0.0, count: first.height)
        var columnLevel = Array(repeating: 0.0, count: first.width)
        for frame in frames {
            let means = meanLevels(of: frame)
            for (row, mean) in means.rows.enumerated() {
                rowIsDark[row] = rowIsDark[row] && mean < threshold
                rowLevel[row] = max(rowLevel[row], mean)
            }
            for (column, mean) in means.columns.enumerated() {
                columnIsDark[column] = columnIsDark[column] && mean < threshold
                columnLevel[column] = max(columnLevel[column], mean)
            }
        }
        guard rowIsDark.contains(false), columnIsDark.contains(false) else { return .none(isDark: true) }
        return BorderDetection(
            margins: .none, isDark: false,
            top: side(rowIsDark, rowLevel), bottom: side(rowIsDark.reversed(), rowLevel.reversed()),
            left: side(columnIsDark, columnLevel), right: side(columnIsDark.reversed(), columnLevel.reversed()))
    }

    /// Counts the dark lines from the outside; at least one line must be bright.
    private static func side(_ isDark: [Bool], _ level: [Double]) -> BorderDetection.Side {
        let depth = isDark.prefix { $0 }.count
        let outside = level.prefix(max(1, depth))
        let mean = outside.reduce(0, +) / Double(outside.count)
        return BorderDetection.Side(
            depth: depth, level: mean, contrast: depth > 0 ? max(0, level[depth] - mean) : 0,
            confidence: depth > 0 ? 1 : 0)
    }

    /// The mean over all channels of every row and every column.
    private static func meanLevels(of frame: PixelBuffer) -> (rows: [Double], columns: [Double]) {
        let rowBytes = frame.rowBytes
        var rows = Array(repeating: 0, count: frame.height)
        var columns = Array(repeating: 0, count: rowBytes)
        for row in 0..<frame.height {
            var sum = 0
            for index in 0..<rowBytes {
                let value = Int(frame.pixels[row * rowBytes + index])
                sum += value
                columns[index] += value
            }
            rows[row] = sum
        }
        let columnMeans = (0..<frame.width).map { column in
            let sum = columns[column * frame.channels..<(column + 1) * frame.channels].reduce(0, +)
            return Double(sum) / Double(frame.channels * frame.height)
        }
        return (rows.map { Double($0) / Double(rowBytes) }, columnMeans)
    }
}
