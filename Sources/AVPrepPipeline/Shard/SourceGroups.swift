import AVPrepCatalog
import AVPrepCore
import Foundation

/// What a video's path says of the source that it is an excerpt of.
struct SourcePattern {
    private let expression: NSRegularExpression?

    /// - Parameter pattern: a regular expression in the syntax of ICU; the empty one: every file is a source of its own.
    /// - Throws: when it is none.
    init(_ pattern: String) throws {
        expression = pattern.isEmpty ? nil : try NSRegularExpression(pattern: pattern)
    }

    /// What the first group that takes part in the match holds, or the whole match of a pattern without groups; nil where
    /// the pattern does not match.
    func source(of path: String) -> String? {
        let whole = NSRange(path.startIndex..., in: path)
        guard let match = expression?.firstMatch(in: path, range: whole) else { return nil }
        let ranges = match.numberOfRanges > 1 ? Array(1..<match.numberOfRanges) : [0]
        return ranges.lazy.compactMap { Range(match.range(at: $0), in: path) }.first.map { String(path[$0]) }
    }
}

/// Videos of one source, by the paths that the corpus lists them under.
enum SourceGroups {
    /// The videos of each source that several are of, in the order of the sources' names.
    ///
    /// - Parameter videos: the video at each path that was prepared. Other paths of the same content count too.
    /// - Throws: ``CatalogError``; ``Failure`` when the pattern is none.
    static func links(of videos: [String: String], by pattern: SourcePattern, in catalog: Catalog) throws -> [[String]]
    {
        var members: [String: Set<String>] = [:]
        func note(_ path: String, _ video: String) {
            if let source = pattern.source(of: path) { members[source, default: []].insert(video) }
        }
        for (path, video) in videos { note(path, video) }
        let prepared = Set(videos.values)
        for group in try catalog.duplicates() where prepared.contains(group.videoID) {
            for path in group.paths { note(path, group.videoID) }
        }
        return members.filter { $0.value.count > 1 }.sorted { $0.key < $1.key }.map { $0.value.sorted() }
    }
}
