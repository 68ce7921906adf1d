import AVPrepCore
package import AVPrepModel

/// The sampler's result for one plan and one shard: the pairs in the order in which they are stored and trained on, and
/// their statistics. With its name and definition it is stored as a `PairSet`.
package struct DrawnPairSet: Sendable, Equatable {
    package let plan: PairSetPlan
    package let pairs: [Pair]
    package let statistics: PairStatistics
}

/// Draws the pair sets of a shard from its segments: a pure function of (segments, settings, shard name, seed).
///
/// Pairs are drawn in *quads*. Two places x and y give four pairs: picture and sound of x, picture and sound of y (the
/// positives), picture of x with sound of y, and picture of y with sound of x (the negatives). By construction, in
/// every set with any mixture:
///
///  - there are exactly as many positives as negatives;
///  - every picture clip, and every sound clip, occurs equally often in positives and in negatives. So neither alone
///    reveals the label: not by its video, not by its position in the file, not by its phase relative to frames,
///    samples or spectrogram hops. A network has to use both, and gains nothing from memorising single clips;
///  - sound is late as often as it is early, by the same amounts.
///
/// For the arrow of time a quad is two places of one segment, and its four pairs are the two clips, each forwards and
/// backwards.
///
/// Cues that need both clips remain: two clips may share a cue of position (a fade-in, a title, the first block of an
/// encoder) or of recording (noise floor, level, codec). Cues of recording distinguish easy negatives; in hard
/// negatives both clips share them.
///
/// Quads are distributed evenly. The quads of a kind cycle through the segments that can give that kind, in random
/// order, so that the numbers of quads that start from each segment differ by at most one. x is drawn from the segment;
/// y is drawn from any segment of another group for an easy negative, and from all out-of-sync places of the video for
/// a hard one, uniformly over all allowed pairs and never clamped to an end; for a super-hard one it is a fixed number
/// of frames away. Segments flagged silent, still or periodic give no hard negatives, neither picture nor sound.
///
/// **The size of a set** is, for each of its epochs, `pairsPerSegment` for each segment that is at least as long as a
/// clip. If too few segments can give hard (or super-hard) negatives to reach their fraction at `pairsPerSegment` pairs
/// each, the whole set becomes smaller and keeps its fractions: no kind is replaced by another. If no segment can, the
/// set is refused with an error.
package struct PairSampler: Sendable {
    let table: ClipTable
    let hardNegatives: HardNegativeIndex
    let settings: PairSettings
    let shard: String
    let seed: UInt64

    /// - Parameters:
    ///   - sources: the segments of one shard, in any order.
    ///   - shard: its name, e.g. `train-00000`; each shard has its own random stream.
    /// - Throws: ``PairError`` for invalid settings or segments.
    /// - Complexity: O(places), where a place is a frame at which a clip can start.
    package init(_ sources: [PairSource], settings: PairSettings, shard: String, seed: UInt64) throws {
        try settings.validate()
        table = try ClipTable(sources, settings: settings)
        hardNegatives = HardNegativeIndex(table, settings: settings)
        self.settings = settings
        self.shard = shard
        self.seed = seed
    }

    /// Draws one set: epochs of equal size, each drawn anew.
    ///
    /// - Throws: ``PairError`` when the shard cannot give one of the plan's kinds of pairs.
    /// - Complexity: O(pairs) in time and memory, about 100 bytes per pair.
    package func draw(_ plan: PairSetPlan) throws -> DrawnPairSet {
        let starters = try self.starters(plan)
        let counts = plan.apportion(quadCount(plan, starters))
        var quads: [PairQuad] = []
        quads.reserveCapacity(counts.reduce(0, +) * settings.epochs)
        var pairs: [Pair] = []
        for epoch in 0..<settings.epochs {
            var random = SeededRandom(seed: seed, for: "pairs/\(shard)/\(plan.name)" + (epoch == 0 ? "" : "/\(epoch)"))
            let first = quads.count
            for (kind, (entries, count)) in zip(Self.negativeKinds, zip(starters, counts)) {
                deal(kind, count, entries, &random, into: &quads)
            }
            pairs += random.shuffled(self.pairs(quads[first...]))
        }
        let statistics = PairStatistics(
            quads, table, hardNegatives, superHardSegments: superHardEntries.count)
        return DrawnPairSet(plan: plan, pairs: pairs, statistics: statistics)
    }

    /// Two places that give four pairs.
    struct PairQuad: Equatable {
        var kind: PairKind
        var first: ClipTable.Place
        var second: ClipTable.Place
    }

    /// In the order of ``PairSetPlan/Shares``.
    static let negativeKinds: [PairKind] = [.easy, .hard, .superHard, .reversed]

    // MARK: - How many, and from where

    /// The entries from which quads of each kind start; empty for kinds that are not in the plan.
    func starters(_ plan: PairSetPlan) throws -> [[Int]] {
        guard !table.entries.isEmpty else {
            throw refusal(
                .nothingToPair, plan, "none of \(table.segmentCount) segments is as long as a clip",
                "lower shard.pairs.clip_seconds (\(settings.clipSeconds)) or make longer segments")
        }
        let shares = plan.shares
        if shares.easy > 0, table.groupCount < 2 {
            throw refusal(
                .noEasyNegatives, plan, "all its segments are of one video, or of videos that belong together",
                "put at least two into a shard, or draw hard negatives only")
        }
        if shares.hard > 0, hardNegatives.capable.isEmpty {
            throw refusal(
                .noHardNegatives, plan, "no segment can give a hard negative (\(refusalCounts))",
                "lower shard.pairs.gap_seconds (\(settings.gapSeconds)) or shard.pairs.clip_seconds (\(settings.clipSeconds)), "
                    + "or make longer segments")
        }
        let superHard = shares.superHard > 0 ? superHardEntries : []
        if shares.superHard > 0, superHard.isEmpty {
            throw refusal(
                .noSuperHardNegatives, plan, "no segment can give a super-hard negative (\(refusalCounts))",
                "raise shard.pairs.super_hard_overlap_seconds (\(settings.superHardOverlapSeconds)), or make longer segments"
            )
        }
        let all = Array(table.entries.indices)
        return [
            shares.easy > 0 ? all : [], shares.hard > 0 ? hardNegatives.capable : [], superHard,
            shares.reversed > 0 ? all : [],
        ]
    }

    private func refusal(_ code: PairError.Code, _ plan: PairSetPlan, _ what: String, _ remedy: String) -> PairError {
        PairError(code, "pair set \(plan.name) of \(shard): \(what); \(remedy)")
    }

    private var refusalCounts: String {
        var counts: [String: Int] = [:]
        for refusal in hardNegatives.refusals { if let refusal { counts[refusal.name, default: 0] += 1 } }
        return counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    }

    /// Number of quads of four pairs; at least one.
    func quadCount(_ plan: PairSetPlan, _ starters: [[Int]]) -> Int {
        var segments = Double(table.entries.count)
        for (share, entries) in zip(plan.shares.inOrder, starters) where share > 0 {
            segments = min(segments, Double(entries.count) / share)
        }
        return max(1, Int((segments * Double(settings.pairsPerSegment) / 4).rounded()))
    }

    // MARK: - Drawing

    func deal(
        _ kind: PairKind, _ count: Int, _ entries: [Int], _ random: inout SeededRandom,
        into quads: inout [PairQuad]
    ) {
        guard count > 0 else { return }
        let order = random.shuffled(entries)
        for index in 0..<count {
            let entry = order[index % order.count]
            var (first, second) =
                switch kind {
                case .easy, .positive:
                    (anywhere(entry, &random), anywhere(table.otherSourceEntry(than: entry, &random), &random))
                case .hard: hardNegatives.draw(entry, &random)
                case .superHard: superHard(entry, &random)
                case .reversed: (anywhere(entry, &random), anywhere(entry, &random))
                }
            lead(&first, &random)
            lead(&second, &random)
            quads.append(PairQuad(kind: kind, first: first, second: second))
        }
    }

    private func anywhere(_ entry: Int, _ random: inout SeededRandom) -> ClipTable.Place {
        ClipTable.Place(entry: entry, frame: random.below(table.entries[entry].placeCount))
    }

    /// Chooses the picture's position within its sound.
    private func lead(_ place: inout ClipTable.Place, _ random: inout SeededRandom) {
        let slack = table.entries[place.entry].slack
        if slack > 0 { place.lead = random.below(slack + 1) }
    }

    private func superHard(_ entry: Int, _ random: inout SeededRandom) -> (ClipTable.Place, ClipTable.Place) {
        let offset = superHardOffset(entry)
        let frame = random.below(table.entries[entry].placeCount - offset)
        return (ClipTable.Place(entry: entry, frame: frame), ClipTable.Place(entry: entry, frame: frame + offset))
    }

    /// Frames between the two clips of a super-hard negative, at least one.
    private func superHardOffset(_ entry: Int) -> Int {
        let seconds = settings.clipSeconds - settings.superHardOverlapSeconds
        return max(1, Int((seconds * table.entries[entry].fps).rounded()))
    }

    var superHardEntries: [Int] {
        table.entries.indices.filter { entry in
            table.entries[entry].exclusion == nil && table.entries[entry].placeCount > superHardOffset(entry)
        }
    }

    func pairs(_ quads: ArraySlice<PairQuad>) -> [Pair] {
        var pairs: [Pair] = []
        pairs.reserveCapacity(quads.count * 4)
        for quad in quads {
            pairs.append(pair(.positive, quad.first, quad.first))
            pairs.append(pair(.positive, quad.second, quad.second))
            let isReversed = quad.kind == .reversed
            pairs.append(pair(quad.kind, quad.first, isReversed ? quad.first : quad.second))
            pairs.append(pair(quad.kind, quad.second, isReversed ? quad.second : quad.first))
        }
        return pairs
    }

    private func pair(_ kind: PairKind, _ picture: ClipTable.Place, _ sound: ClipTable.Place) -> Pair {
        Pair(
            kind: kind, videoSegment: table.entries[picture.entry].row,
            videoStartFrame: Int32(picture.frame + picture.lead),
            audioSegment: table.entries[sound.entry].row,
            audioStartSeconds: Double(sound.frame) / table.entries[sound.entry].fps)
    }
}
