/// Two videos that are near-duplicates of each other, and what says so.
package struct DuplicateMatch: Sendable, Equatable, Codable {
    /// The ids, the smaller one first.
    package var first: String
    package var second: String
    /// Share of the pictures' bits that differ; nil where plain pictures tell nothing.
    package var pictureDistance: Double?
    /// Share of the sound's bits that differ; nil where there is no sound that tells.
    package var soundDistance: Double?
    /// What is at time 0 of the second is at this time of the first.
    package var offsetSeconds: Double
    /// Whether one shows the other's mirror image.
    package var isMirrored: Bool

    package init(
        first: String, second: String, pictureDistance: Double?, soundDistance: Double?, offsetSeconds: Double,
        isMirrored: Bool
    ) {
        self.first = first
        self.second = second
        self.pictureDistance = pictureDistance
        self.soundDistance = soundDistance
        self.offsetSeconds = offsetSeconds
        self.isMirrored = isMirrored
    }
}

/// Groups of videos that hang together by matches.
package enum DuplicateGroups {
    /// The group of each video that has one: the smallest id in it.
    ///
    /// - Parameter excluded: videos that are left out; they hold no group together.
    package static func groups(of matches: [DuplicateMatch], without excluded: Set<String> = []) -> [String: String] {
        var parents: [String: String] = [:]
        func root(of video: String) -> String {
            var root = video
            while let parent = parents[root], parent != root { root = parent }
            // What was passed on the way leads there directly from now on.
            var step = video
            while let parent = parents[step], parent != root {
                parents[step] = root
                step = parent
            }
            return root
        }
        for match in matches where !excluded.contains(match.first) && !excluded.contains(match.second) {
            let (a, b) = (root(of: match.first), root(of: match.second))
            let smaller = min(a, b)
            for video in [a, b, match.first, match.second] { parents[video] = smaller }
        }
        return Dictionary(uniqueKeysWithValues: parents.keys.map { ($0, root(of: $0)) })
    }
}
