import AVPrepCore

/// Statistics of a pair set, counted from the drawn pairs. Statistics of several shards can be added.
package struct PairStatistics: Sendable, Equatable, StoredSettings {
    /// Number of pairs.
    package var pairs = 0
    /// Pairs of each kind, by ``PairKind/name``; every kind has an entry.
    package var kinds: [String: Int] = Dictionary(
        uniqueKeysWithValues: PairKind.allCases.map { ($0.name, 0) })
    /// Number of segments available.
    package var segments = 0
    /// Number of segments used by at least one pair.
    package var segmentsUsed = 0
    /// Number of videos available.
    package var videos = 0
    /// Number of videos used by at least one pair.
    package var videosUsed = 0
    /// Segments that cannot give any pair, by reason (`too-short`: shorter than a clip).
    package var excluded: [String: Int] = [:]
    /// Segments that can give pairs but no hard negatives, by reason: `silent`, `still`, `periodic`,
    /// `too-short-for-gap`.
    package var withoutHard: [String: Int] = [:]
    /// Videos that can give pairs but none of whose segments gives a hard negative, by the reason of their first
    /// segment.
    package var videosWithoutHard: [String: Int] = [:]
    /// Segments that can give pairs but no super-hard negatives.
    package var withoutSuperHard = 0
    /// Pairs identical to an earlier pair of their set.
    package var repeats = 0
    /// Absolute offsets between the starts of the audio and the video clip, in the negatives from a single video.
    package var offsets = OffsetHistogram()

    package init() {}

    package static let requiredKeys: Set<String> = ["pairs", "kinds"]

    package func count(_ kind: PairKind) -> Int { kinds[kind.name] ?? 0 }

    /// Whether the numbers are valid counts: a damaged file can hold any number, and sums must not overflow.
    package var isPossible: Bool {
        let single = [pairs, segments, segmentsUsed, videos, videosUsed, withoutSuperHard, repeats]
        let named = [kinds, excluded, withoutHard, videosWithoutHard].flatMap(\.values)
        return (single + named + offsets.counts).allSatisfy { (0...1 << 40).contains($0) }
            && offsets.counts.count == OffsetHistogram.edges.count
            && offsets.lowerEdgesSeconds == OffsetHistogram.edges
    }

    /// Adds the statistics of another shard's pair set.
    package mutating func add(_ other: PairStatistics) {
        pairs += other.pairs
        kinds.merge(other.kinds, uniquingKeysWith: +)
        segments += other.segments
        segmentsUsed += other.segmentsUsed
        videos += other.videos
        videosUsed += other.videosUsed
        excluded.merge(other.excluded, uniquingKeysWith: +)
        withoutHard.merge(other.withoutHard, uniquingKeysWith: +)
        videosWithoutHard.merge(other.videosWithoutHard, uniquingKeysWith: +)
        withoutSuperHard += other.withoutSuperHard
        repeats += other.repeats
        offsets.add(other.offsets)
    }
}

/// Histogram of the absolute offset between the starts of the two clips of a negative.
package struct OffsetHistogram: Sendable, Equatable, StoredSettings {
    /// Lower edge of each bin in seconds; the last bin has no upper edge.
    package static let edges: [Double] = [
        0, 0.25, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 15, 20, 30, 60, 120, 300, 600, 1800, 3600,
    ]

    package var lowerEdgesSeconds = OffsetHistogram.edges
    package var counts = Array(repeating: 0, count: OffsetHistogram.edges.count)

    package init() {}

    /// Counts an absolute offset in seconds; a value below an edge by no more than the tolerance counts as on the edge.
    ///
    /// - Parameter tolerance: the rounding error, in seconds.
    package mutating func add(_ seconds: Double, count: Int, tolerance: Double = 1e-6) {
        var bin = counts.count - 1
        while bin > 0, seconds < lowerEdgesSeconds[bin] - tolerance { bin -= 1 }
        counts[bin] += count
    }

    package mutating func add(_ other: OffsetHistogram) {
        for bin in counts.indices where bin < other.counts.count { counts[bin] += other.counts[bin] }
    }
}
