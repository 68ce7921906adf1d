/// A part of a film, from its first picture or sound on, in whole microseconds: `[start, end)`.
package struct TimeRange: Sendable, Hashable, Codable {
    /// In microseconds, ≥ 0.
    package let start: Int64
    /// In microseconds, > `start`; nil: to the end of the film.
    package let end: Int64?

    private static let microseconds = 1e6

    /// - Parameters:
    ///   - startSeconds: ≥ 0.
    ///   - endSeconds: nil: to the end of the film.
    /// - Returns: nil for times that are no numbers, negative, too large, or not in this order.
    package init?(startSeconds: Double, endSeconds: Double?) {
        func ticks(_ seconds: Double) -> Int64? {
            guard seconds >= 0, seconds <= Segment.latestSeconds else { return nil }
            return Int64((seconds * Self.microseconds).rounded())
        }
        guard let start = ticks(startSeconds) else { return nil }
        self.start = start
        guard let endSeconds else {
            end = nil
            return
        }
        guard let last = ticks(endSeconds), last > start else { return nil }
        end = last
    }

    package var startSeconds: Double { Double(start) / Self.microseconds }
    package var endSeconds: Double? { end.map { Double($0) / Self.microseconds } }

    /// Whether it is all of a film.
    package var isWhole: Bool { start == 0 && end == nil }

    package func overlaps(_ other: TimeRange) -> Bool {
        start < other.end ?? .max && other.start < end ?? .max
    }

    /// `START,END` or `START`, in seconds, without needless zeros, as in a media fragment.
    package var text: String { Self.text(start) + (end.map { "," + Self.text($0) } ?? "") }

    private static func text(_ ticks: Int64) -> String {
        let (whole, part) = ticks.quotientAndRemainder(dividingBy: 1_000_000)
        guard part > 0 else { return String(whole) }
        var digits = String(1_000_000 + part).dropFirst()
        while digits.last == "0" { digits.removeLast() }
        return "\(whole).\(digits)"
    }

    /// The range of a ``text``, with any number of decimal places; nil for other texts.
    package init?(text: some StringProtocol) {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.allSatisfy({ $0.first?.isNumber == true }) else { return nil }
        let numbers = parts.compactMap { Double($0) }
        guard numbers.count == parts.count else { return nil }
        self.init(startSeconds: numbers[0], endSeconds: numbers.count > 1 ? numbers[1] : nil)
    }
}
