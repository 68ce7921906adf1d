package import AVPrepCore

/// What a pair set came out as, counted from what was drawn. Sets of several shards add up.
package struct PairStatistics: Sendable, Equatable, Codable {
    /// Pairs in all.
    package private(set) var pairs = 0
    /// Pairs of each kind, by ``PairKind/name``; every kind has an entry.
    package private(set) var kinds: [String: Int] = Dictionary(
        uniqueKeysWithValues: PairKind.allCases.map { ($0.name, 0) })
    /// Segments that were there.
    package private(set) var segments = 0
    /// Segments that some pair is of.
    package private(set) var segmentsUsed = 0
    /// Videos that were there.
    package private(set) var videos = 0
    /// Videos that some pair is of.
    package private(set) var videosUsed = 0
    /// Segments that can give no pair at all, by reason (`too-short`: shorter than a clip).
    package private(set) var excluded: [String: Int] = [:]
    /// Segments that can give pairs, but no hard ones, by reason: `silent`, `still`, `periodic`, `too-short-for-gap`.
    package private(set) var withoutHard: [String: Int] = [:]
    /// Videos that can give pairs, but of which no segment gives a hard one; by the reason of their first segment.
    package private(set) var videosWithoutHard: [String: Int] = [:]
    /// Segments that can give pairs, but no super-hard ones.
    package private(set) var withoutSuperHard = 0
    /// Pairs that equal an earlier pair of their set in everything.
    package private(set) var repeats = 0
    /// Distances of sound and picture in the negatives of one video, start to start.
    package private(set) var offsets = OffsetHistogram()

    package init() {}

    /// Share of hard ones among the negatives; 0 when there are none.
    package var hardShare: Double {
        let negatives = pairs - count(.positive)
        return negatives == 0 ? 0 : Double(count(.hard)) / Double(negatives)
    }

    package func count(_ kind: PairKind) -> Int { kinds[kind.name] ?? 0 }

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

    init(_ crossings: [PairSampler.Crossing], _ table: ClipTable, _ shifts: ShiftTable, superHardSegments: Int) {
        pairs = crossings.count * 4
        for crossing in crossings {
            kinds[PairKind.positive.name, default: 0] += 2
            kinds[crossing.kind.name, default: 0] += 2
        }
        segments = table.segmentCount
        videos = table.videoCount
        countUse(crossings, table)
        if table.tooShort > 0 { excluded["too-short"] = table.tooShort }
        for case let refusal? in shifts.refusals { withoutHard[refusal.name, default: 0] += 1 }
        for video in 0..<table.videoStarts.count - 1 {
            let refusals = shifts.refusals[table.videoStarts[video]..<table.videoStarts[video + 1]]
            if let first = refusals.first, let reason = first, !refusals.contains(nil) {
                videosWithoutHard[reason.name, default: 0] += 1
            }
        }
        withoutSuperHard = table.entries.count - superHardSegments
        repeats = Self.repeats(crossings)
        for crossing in crossings where crossing.kind != .easy {
            let first = table.entries[crossing.first.entry].time(crossing.first.frame)
            let second = table.entries[crossing.second.entry].time(crossing.second.frame)
            offsets.add(abs(first - second), count: 2)
        }
    }

    private mutating func countUse(_ crossings: [PairSampler.Crossing], _ table: ClipTable) {
        var isUsed = [Bool](repeating: false, count: table.entries.count)
        for crossing in crossings {
            isUsed[crossing.first.entry] = true
            isUsed[crossing.second.entry] = true
        }
        segmentsUsed = isUsed.count { $0 }
        videosUsed = (0..<table.videoStarts.count - 1).count { video in
            isUsed[table.videoStarts[video]..<table.videoStarts[video + 1]].contains(true)
        }
    }

    /// By sorting numbers that name the pairs: less memory than a set of a million pairs.
    private static func repeats(_ crossings: [PairSampler.Crossing]) -> Int {
        func number(_ place: ClipTable.Place) -> UInt128 { UInt128(place.entry) << 32 | UInt128(place.frame) }
        var keys: [UInt128] = []
        keys.reserveCapacity(crossings.count * 4)
        for crossing in crossings {
            let first = number(crossing.first)
            let second = number(crossing.second)
            keys.append(first << 64 | first)
            keys.append(second << 64 | second)
            keys.append(first << 64 | second)
            keys.append(second << 64 | first)
        }
        keys.sort()
        return zip(keys, keys.dropFirst()).count { $0 == $1 }
    }
}

/// How many negatives have their clips how far apart.
package struct OffsetHistogram: Sendable, Equatable, Codable {
    /// Lower edge of each bin in seconds; the last bin has no upper edge.
    package static let edges: [Double] = [
        0, 0.25, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 15, 20, 30, 60, 120, 300, 600, 1800, 3600,
    ]

    package private(set) var lowerEdgesSeconds = OffsetHistogram.edges
    package private(set) var counts = Array(repeating: 0, count: OffsetHistogram.edges.count)

    package init() {}

    /// Counts an absolute offset in seconds; a rounding error below an edge counts as on it.
    mutating func add(_ seconds: Double, count: Int) {
        var bin = counts.count - 1
        while bin > 0, seconds < lowerEdgesSeconds[bin] - ClipTable.tolerance { bin -= 1 }
        counts[bin] += count
    }

    mutating func add(_ other: OffsetHistogram) {
        for bin in counts.indices where bin < other.counts.count { counts[bin] += other.counts[bin] }
    }
}
