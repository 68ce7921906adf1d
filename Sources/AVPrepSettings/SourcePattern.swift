import Foundation

/// Finds the source of which a video is an excerpt by the video's path.
package struct SourcePattern {
    private let expression: NSRegularExpression?

    /// - Parameter pattern: a regular expression in ICU syntax; empty: every file is a source of its own.
    /// - Throws: when the pattern is invalid.
    package init(_ pattern: String) throws {
        expression = pattern.isEmpty ? nil : try NSRegularExpression(pattern: pattern)
    }

    /// The text of the first group that takes part in the match, or the whole match if the pattern has no groups; nil
    /// if the pattern does not match.
    package func source(of path: String) -> String? {
        let whole = NSRange(path.startIndex..., in: path)
        guard let match = expression?.firstMatch(in: path, range: whole) else { return nil }
        let ranges = match.numberOfRanges > 1 ? Array(1..<match.numberOfRanges) : [0]
        return ranges.lazy.compactMap { Range(match.range(at: $0), in: path) }.first.map { String(path[$0]) }
    }
}
