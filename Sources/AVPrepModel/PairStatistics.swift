import AVPrepCore

/// What a pair set came out as, counted from what was drawn. Sets of several shards add up.
package struct PairStatistics: Sendable, Equatable, StoredSettings {
    /// Pairs in all.
    package var pairs = 0
    /// Pairs of each kind, by ``PairKind/name``; every kind has an entry.
    package var kinds: [String: Int] = Dictionary(
        uniqueKeysWithValues: PairKind.allCases.map { ($0.name, 0) })
    /// Segments that were there.
    package var segments = 0
    /// Segments that some pair is of.
    package var segmentsUsed = 0
    /// Videos that were there.
    package var videos = 0
    /// Videos that some pair is of.
    package var videosUsed = 0
    /// Segments that can give no pair at all, by reason (`too-short`: shorter than a clip).
    package var excluded: [String: Int] = [:]
    /// Segments that can give pairs, but no hard ones, by reason: `silent`, `still`, `periodic`, `too-short-for-gap`.
    package var withoutHard: [String: Int] = [:]
    /// Videos that can give pairs, but of which no segment gives a hard one; by the reason of their first segment.
    package var videosWithoutHard: [String: Int] = [:]
    /// Segments that can give pairs, but no super-hard ones.
    package var withoutSuperHard = 0
    /// Pairs that equal an earlier pair of their set in everything.
    package var repeats = 0
    /// Distances of sound and picture in the negatives of one video, start to start.
    package var offsets = OffsetHistogram()

    package init() {}

    package static let requiredKeys: Set<String> = ["pairs", "kinds"]

    /// Share of hard ones among the negatives; 0 when there are none.
    package var hardShare: Double {
        let negatives = pairs - count(.positive)
        return negatives == 0 ? 0 : Double(count(.hard)) / Double(negatives)
    }

    package func count(_ kind: PairKind) -> Int { kinds[kind.name] ?? 0 }

    /// Whether these can be counts: what was read from a file may be anything, and sums must not overflow.
    package var isPossible: Bool {
        let single = [pairs, segments, segmentsUsed, videos, videosUsed, withoutSuperHard, repeats]
        let named = [kinds, excluded, withoutHard, videosWithoutHard].flatMap(\.values)
        return (single + named + offsets.counts).allSatisfy { (0...1 << 40).contains($0) }
            && offsets.counts.count == OffsetHistogram.edges.count
            && offsets.lowerEdgesSeconds == OffsetHistogram.edges
    }

    /// Adds the numbers of another shard's set.
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

/// How many negatives have their clips how far apart.
package struct OffsetHistogram: Sendable, Equatable, StoredSettings {
    /// Lower edge of each bin in seconds; the last bin has no upper edge.
    package static let edges: [Double] = [
        0, 0.25, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 15, 20, 30, 60, 120, 300, 600, 1800, 3600,
    ]

    package var lowerEdgesSeconds = OffsetHistogram.edges
    package var counts = Array(repeating: 0, count: OffsetHistogram.edges.count)

    package init() {}

    /// Counts an absolute offset in seconds; a rounding error below an edge counts as on it.
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
