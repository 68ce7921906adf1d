package import AVPrepCatalog
import AVPrepCore
package import AVPrepModel
package import AVPrepPairs

/// The splits that manifests state, and the labels, of videos whose content is known.
package struct ManifestSplits: Sendable {
    /// Of each video for which one is stated; of several the one that matters most.
    package private(set) var sides: [String: Split] = [:]
    /// The labels of each video, of all its paths and manifests, sorted by their bytes.
    package private(set) var labels: [String: [String]] = [:]
    /// Where each video was first named, and what else was said of those of several splits.
    private var places: [String: String] = [:]
    private var torn: [(video: String, text: String)] = []

    /// - Throws: ``CatalogError``.
    package init(_ catalog: Catalog) throws {
        var found: [String: Set<[UInt8]>] = [:]
        var isTorn: Set<String> = []
        try catalog.forEachNote { path, video, note in
            for label in note.labels { found[video, default: []].insert(Array(label.utf8)) }
            guard let split = note.split else { return }
            let place = "\(path) (\(split.rawValue), \(note.manifest), row \(note.row))"
            if let other = sides[video] {
                if other != split, isTorn.insert(video).inserted {
                    torn.append((video, "\(places[video] ?? "") and \(place)"))
                }
                sides[video] = Split.precedence(other) < Split.precedence(split) ? other : split
            } else {
                (sides[video], places[video]) = (split, place)
            }
            if note.isTorn, isTorn.insert(video).inserted {
                torn.append((video, "\(place), of which other rows name another split"))
            }
        }
        labels = found.mapValues { labels in
            labels.sorted { $0.lexicographicallyPrecedes($1) }.map { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// What belongs together and is put into several splits.
    ///
    /// - Parameters:
    ///   - links: what belongs together.
    ///   - videos: those that count.
    package func leaks(_ links: VideoLinks, among videos: Set<String>) -> SplitLeaks {
        var leaks = SplitLeaks()
        for (video, text) in torn where videos.contains(video) { leaks.sameContent.add(text) }
        func side(_ video: String) -> Split? { videos.contains(video) ? sides[video] : nil }
        func text(_ first: String, _ second: String) -> String {
            "\(places[first] ?? first) and \(places[second] ?? second)"
        }
        for source in links.sources {
            let named = source.filter { side($0) != nil }
            if let first = named.first, let other = named.first(where: { side($0) != side(first) }) {
                leaks.sameSource.add(text(first, other))
            }
        }
        for match in links.duplicates {
            if let first = side(match.first), let second = side(match.second), first != second {
                leaks.nearDuplicates.add(text(match.first, match.second))
            }
        }
        var groups: [String: (sides: Set<Split>, videos: [String])] = [:]
        for (video, group) in links.groups() where videos.contains(video) {
            groups[group, default: ([], [])].videos.append(video)
            if let side = sides[video] { groups[group]?.sides.insert(side) }
        }
        leaks.videos = groups.values.filter { $0.sides.count > 1 }.flatMap(\.videos).sorted()
        return leaks
    }
}
