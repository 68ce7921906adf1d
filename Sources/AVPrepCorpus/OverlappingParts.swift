import AVPrepCatalog
import AVPrepCore
import AVPrepModel

/// Parts of one file that share seconds: near-duplicates, whatever their fingerprints say.
enum OverlappingParts {
    /// Such pairs: each part with one that begins before it, which joins all that overlap.
    ///
    /// - Parameters:
    ///   - prepared: the videos that count.
    ///   - known: pairs that are found already.
    static func matches(in catalog: Catalog, among prepared: Set<String>, beside known: [DuplicateMatch]) throws
        -> [DuplicateMatch]
    {
        var pairs = Set(known.map { [$0.first, $0.second] })
        var found: [DuplicateMatch] = []
        for parts in try catalog.partsOfContents() {
            var ranges: [String: (start: Int64, end: Int64)] = [:]
            for (video, path) in parts where prepared.contains(video) {
                let range = ItemName(listed: path).range
                ranges[video] = (range?.start ?? 0, range?.end ?? .max)
            }
            let sorted = ranges.sorted { ($0.value.start, $0.key) < ($1.value.start, $1.key) }
            // The one that reaches farthest so far.
            var reach = sorted.first
            for part in sorted.dropFirst() {
                guard let before = reach else { break }
                if part.value.start < before.value.end {
                    let names = [before.key, part.key].sorted()
                    let offset = Double(part.value.start - before.value.start) / 1e6
                    if pairs.insert(names).inserted {
                        found.append(
                            DuplicateMatch(
                                first: names[0], second: names[1], pictureDistance: 0, soundDistance: 0,
                                offsetSeconds: names[0] == before.key ? offset : -offset, isMirrored: false))
                    }
                }
                if part.value.end > before.value.end { reach = part }
            }
        }
        return found
    }
}
