import AVPrepDrawing
import Foundation

/// Numbers with their units, as text.
enum QuantityText {
    /// Up to three decimals, without trailing zeros.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return "?" }
        var text = String(format: "%.3f", value)
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text == "-0" ? "0" : text
    }

    /// `12.48 s`.
    static func seconds(_ value: Double) -> String { "\(number(value)) s" }

    /// A time in seconds as `+21.3 ms`, signed.
    static func milliseconds(_ seconds: Double) -> String { String(format: "%+.1f ms", seconds * 1000) }

    /// `812 kbit/s`, `3.2 Mbit/s`.
    static func bitRate(_ bitsPerSecond: Double) -> String {
        bitsPerSecond >= 1e6
            ? String(format: "%.1f Mbit/s", bitsPerSecond / 1e6) : String(format: "%.0f kbit/s", bitsPerSecond / 1000)
    }

    /// `-23.1 dBFS`.
    static func decibels(_ value: Double) -> String { String(format: "%.1f dBFS", value) }

    /// `1.2 MiB`.
    static func bytes(_ count: Int64) -> String {
        let units = ["bytes", "KiB", "MiB", "GiB", "TiB"]
        var value = Double(count)
        var unit = 0
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return unit == 0 ? "\(count) bytes" : String(format: "%.1f ", value) + units[unit]
    }

    /// A position in a range of `stretch` seconds, with a unit unless it is a clock time: `4.2 s`, `1:02:03`.
    static func clock(_ seconds: Double, within stretch: Double) -> String {
        let text = TimeAxis.label(seconds, within: stretch)
        return text.contains(":") ? text : text + " s"
    }
}
