import Foundation

/// What a video's path says of the source that it is an excerpt of.
package struct SourcePattern {
    private let expression: NSRegularExpression?

    /// - Parameter pattern: a regular expression in the syntax of ICU; the empty one: every file is a source of its own.
    /// - Throws: when it is none.
    package init(_ pattern: String) throws {
        expression = pattern.isEmpty ? nil : try NSRegularExpression(pattern: pattern)
    }

    /// What the first group that takes part in the match holds, or the whole match of a pattern without groups; nil where
    /// the pattern does not match.
    package func source(of path: String) -> String? {
        let whole = NSRange(path.startIndex..., in: path)
        guard let match = expression?.firstMatch(in: path, range: whole) else { return nil }
        let ranges = match.numberOfRanges > 1 ? Array(1..<match.numberOfRanges) : [0]
        return ranges.lazy.compactMap { Range(match.range(at: $0), in: path) }.first.map { String(path[$0]) }
    }
}
