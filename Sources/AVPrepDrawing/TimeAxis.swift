import Foundation

/// Maps a time range to columns of a drawing.
package struct TimeAxis: Sendable {
    /// Times at the left edge of the first and the right edge of the last column, in seconds.
    package let start: Double
    package let end: Double
    /// The first column.
    package let x: Int
    package let width: Int

    /// - Parameters:
    ///   - start: seconds at the left edge.
    ///   - end: seconds at the right edge; an axis spans at least a millisecond.
    package init(from start: Double, to end: Double, x: Int, width: Int) {
        precondition(start.isFinite && end.isFinite && width > 0, "invalid axis from \(start) to \(end) s")
        self.start = start
        self.end = max(end, start + 1e-3)
        self.x = x
        self.width = width
    }

    /// Position of a time, in columns (the left edge of column k is k).
    package func place(of seconds: Double) -> Double {
        Double(x) + (seconds - start) / (end - start) * Double(width)
    }

    /// The column of a time, clamped to the axis.
    package func column(of seconds: Double) -> Int {
        x + min(width - 1, max(0, Int(place(of: seconds)) - x))
    }

    /// The time at a column's centre.
    package func seconds(at column: Int) -> Double {
        start + (Double(column - x) + 0.5) / Double(width) * (end - start)
    }

    /// Round times within the axis, at least this many pixels apart.
    package func ticks(apart pixels: Int) -> [Double] {
        let least = Double(pixels) / Double(width) * (end - start)
        guard let step = Self.steps.first(where: { $0 >= least }) else { return [] }
        let first = (start / step).rounded(.up)
        let last = (end / step + 1e-9).rounded(.down)
        guard last >= first, last - first < 10_000 else { return [] }
        return stride(from: first, through: last, by: 1).map { $0 * step }
    }

    /// Usual steps of time, from a millisecond to a week.
    private static let steps: [Double] = [
        0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600,
        7200, 14_400, 21_600, 43_200, 86_400, 604_800,
    ]

    /// The label of a time on this axis: `0.25`, `12`, `4:05`, `1:02:03`.
    package func label(_ seconds: Double) -> String { Self.label(seconds, within: end - start) }

    /// The label of a time in a range of this many seconds: with decimals in a short range, as a clock from a minute
    /// on.
    package static func label(_ seconds: Double, within stretch: Double) -> String {
        let decimals = stretch < 0.5 ? 3 : stretch < 20 ? 2 : stretch < 600 ? 1 : 0
        let unit = [1.0, 10, 100, 1000][decimals]
        let magnitude = (abs(seconds) * unit).rounded() / unit
        let sign = seconds < 0 && magnitude > 0 ? "-" : ""
        if magnitude < 60, stretch < 600 {
            let text = String(format: "%.\(decimals)f", magnitude)
            return sign + (text.contains(".") ? trimmed(text) : text)
        }
        let minutes = Int(magnitude / 60)
        let rest = magnitude - Double(minutes) * 60
        let hasFraction = abs(rest - rest.rounded()) > 0.05
        let secondText = String(format: hasFraction ? "%04.1f" : "%02.0f", rest)
        return minutes < 60
            ? "\(sign)\(minutes):\(secondText)"
            : "\(sign)\(minutes / 60):\(String(format: "%02d", minutes % 60)):\(secondText)"
    }

    private static func trimmed(_ text: String) -> String {
        var text = text
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }
}
