import AVPrepCore
import AVPrepModel
import AVPrepPairs
import AVPrepSettings

/// Which rules join videos into groups that stay in one split: what to look at where a split, or pairs of strangers, cannot
/// be made.
struct JoinedVideos {
    /// One sentence, without a full stop; nil where no two videos are joined.
    let text: String?

    /// - Parameters:
    ///   - subjects: the path of each prepared video, by its id.
    ///   - links: what joins them.
    ///   - pattern: the one that found the sources among them.
    ///   - copies: how many further files have the bytes of one of them.
    init(_ subjects: [String: String], _ links: VideoLinks, by pattern: SourcePattern, copies: Int) {
        var clauses: [String] = []
        func source(of video: String) -> String? {
            subjects[video].flatMap { pattern.source(of: ItemName(listed: BytePath(escaped: $0)).file.escaped) }
        }
        let joined = links.sources.map { $0.filter { subjects[$0] != nil } }.filter { $0.count > 1 }
        let sources = joined.filter { $0.first.flatMap(source) != nil }
        if let largest = sources.max(by: { $0.count < $1.count }) {
            let paths = largest.compactMap { subjects[$0] }.sorted()
            let name = largest.first.flatMap(source) ?? ""
            let total = sources.reduce(0) { $0 + $1.count }
            clauses.append(
                "corpus.source_pattern takes \(total) videos for excerpts of \(sources.count) sources (\(largest.count) of "
                    + "“\(name)”, e.g. \(paths.prefix(2).joined(separator: " and ")))")
        }
        let parts = joined.filter { $0.first.flatMap(source) == nil }
        if let most = parts.max(by: { $0.count < $1.count }) {
            let paths = most.compactMap { subjects[$0] }.sorted().prefix(2).joined(separator: " and ")
            clauses.append(
                "\(parts.reduce(0) { $0 + $1.count }) are parts of \(parts.count) \(parts.count == 1 ? "file" : "files") (e.g. \(paths))"
            )
        }
        let matches = links.duplicates.filter { subjects[$0.first] != nil && subjects[$0.second] != nil }
        if let first = matches.first {
            let videos = Set(matches.flatMap { [$0.first, $0.second] }).count
            clauses.append(
                "duplicates.enabled finds \(videos) near-duplicates (e.g. \(subjects[first.first] ?? "") and "
                    + "\(subjects[first.second] ?? ""))")
        }
        if copies > 0 { clauses.append("\(copies) files are left out since others have the same bytes") }
        text =
            clauses.isEmpty
            ? nil
            : "of \(subjects.count) videos, " + clauses.joined(separator: "; ")
                + "; change these keys if they are wrong"
    }
}
