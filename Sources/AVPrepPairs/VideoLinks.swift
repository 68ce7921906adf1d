package import AVPrepModel

/// Links between videos: videos that are linked directly or through others form a group, which is in one split and
/// whose videos never serve as "other source" for each other.
package struct VideoLinks: Sendable, Equatable {
    package var duplicates: [DuplicateMatch]
    /// The videos of each source with more than one video.
    package var sources: [[String]]

    package init(duplicates: [DuplicateMatch] = [], sources: [[String]] = []) {
        self.duplicates = duplicates
        self.sources = sources
    }

    /// The group of each linked video: the smallest id in it.
    ///
    /// - Parameter excluded: videos that are left out; they link no other videos.
    package func groups(without excluded: Set<String> = []) -> [String: String] {
        var parents: [String: String] = [:]
        func root(of video: String) -> String {
            var root = video
            while let parent = parents[root], parent != root { root = parent }
            // Path compression: later searches from here reach the root directly.
            var step = video
            while let parent = parents[step], parent != root {
                parents[step] = root
                step = parent
            }
            return root
        }
        func tie(_ first: String, _ second: String) {
            let (a, b) = (root(of: first), root(of: second))
            let smaller = min(a, b)
            for video in [a, b, first, second] { parents[video] = smaller }
        }
        for match in duplicates where !excluded.contains(match.first) && !excluded.contains(match.second) {
            tie(match.first, match.second)
        }
        for source in sources {
            let videos = source.filter { !excluded.contains($0) }
            for (first, second) in zip(videos, videos.dropFirst()) { tie(first, second) }
        }
        return Dictionary(uniqueKeysWithValues: parents.keys.map { ($0, root(of: $0)) })
    }
}
