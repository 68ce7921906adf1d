import AVPrepCore
package import AVPrepModel

/// What the sampler gives for one plan and one shard: the pairs in the order in which they are stored and shown, and their
/// counts. Named and with its definition it is stored as a `PairSet`.
package struct DrawnPairSet: Sendable, Equatable {
    package let plan: PairSetPlan
    package let pairs: [Pair]
    package let statistics: PairStatistics
}

/// Draws the pair sets of a shard from its segments: a pure function of (segments, settings, shard name, seed).
///
/// Pairs come in *quads*. Two places x and y give four pairs: picture and sound of x, picture and sound of y (the
/// positives), picture of x with sound of y, and picture of y with sound of x (the negatives). What follows by
/// construction, in every set, for every mixture:
///
///  - positives and negatives are equal in number, to the pair;
///  - every picture clip, and every sound clip, occurs as often in a positive as in a negative. So neither alone tells
///    anything about the label: not which video it is of, not where in the file it lies, not its phase against frames,
///    samples or spectrogram hops. A network has to look at both, and cannot learn single clips by heart;
///  - sound is late as often as it is early, by the same amounts.
///
/// For the arrow of time a quad is two places of one segment, and its four pairs are the two clips, each forward and
/// backward.
///
/// What remains is what both together tell: that two clips carry the same cue of position (a fade-in, a title, the
/// first block of an encoder) or of recording (noise floor, level, codec). The latter is what tells easy negatives
/// apart; hard negatives share it.
///
/// PairQuads are dealt evenly. Those of a kind go round the segments that can give the kind, in random order, so that
/// the numbers of quads that start from each differ by at most one; x is drawn from the segment and y, for
/// an easy negative from any segment of another group, for a hard one from anywhere in the video that is out of
/// sync, uniformly over all couples allowed and never clamped to an end; for a super-hard one a fixed number of frames
/// away. Segments marked silent, still or periodic give no hard negatives, neither picture nor sound.
///
/// **The size of a set** is, for each of its epochs, `pairsPerSegment` for each segment that is as long as a clip. Where too few segments can
/// give hard (or super-hard) negatives to fill their share at `pairsPerSegment` pairs each, the whole set gets smaller
/// and its shares stay: nothing is filled up with another kind. Where none can, the set is refused with an error.
package struct PairSampler: Sendable {
    private let table: ClipTable
    private let hardNegatives: HardNegativeIndex
    private let settings: PairSettings
    private let shard: String
    private let seed: UInt64

    /// - Parameters:
    ///   - sources: the segments of one shard, in any order.
    ///   - shard: its name, e.g. `train-00000`: each shard has a random stream of its own.
    /// - Throws: ``PairError`` for settings or segments that make no sense.
    /// - Complexity: O(places), a place being a frame where a clip can start.
    package init(_ sources: [PairSource], settings: PairSettings, shard: String, seed: UInt64) throws {
        try settings.validate()
        table = try ClipTable(sources, settings: settings)
        hardNegatives = HardNegativeIndex(table, settings: settings)
        self.settings = settings
        self.shard = shard
        self.seed = seed
    }

    /// Draws one set: epoch after epoch, all of one size, each anew.
    ///
    /// - Throws: ``PairError`` when the shard cannot give one of the kinds of pairs that the plan has.
    /// - Complexity: O(pairs) in time and memory, some 100 bytes a pair.
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
    private static let negativeKinds: [PairKind] = [.easy, .hard, .superHard, .reversed]

    // MARK: - How many, and from where

    /// The entries that quads of each kind start from; empty for kinds that the plan does not have.
    private func starters(_ plan: PairSetPlan) throws -> [[Int]] {
        guard !table.entries.isEmpty else {
            throw refusal(
                .nothingToPair, plan, "none of \(table.segmentCount) segments is as long as a clip",
                "lower clip_seconds (\(settings.clipSeconds)) or make longer segments")
        }
        let shares = plan.shares
        if shares.easy > 0, table.groupCount < 2 {
            throw refusal(
                .noEasyNegatives, plan, "all its segments are of one video (or one group of near-duplicates)",
                "put at least two into a shard, or draw hard negatives only")
        }
        if shares.hard > 0, hardNegatives.capable.isEmpty {
            throw refusal(
                .noHardNegatives, plan, "no segment can give a hard negative (\(refusalCounts))",
                "lower gap_seconds (\(settings.gapSeconds)) or clip_seconds (\(settings.clipSeconds)), "
                    + "or make longer segments")
        }
        let superHard = shares.superHard > 0 ? superHardEntries : []
        if shares.superHard > 0, superHard.isEmpty {
            throw refusal(
                .noSuperHardNegatives, plan, "no segment can give a super-hard negative (\(refusalCounts))",
                "raise super_hard_overlap_seconds (\(settings.superHardOverlapSeconds)), or make longer segments")
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

    /// Four pairs a quad; at least one quad.
    private func quadCount(_ plan: PairSetPlan, _ starters: [[Int]]) -> Int {
        var segments = Double(table.entries.count)
        for (share, entries) in zip(plan.shares.inOrder, starters) where share > 0 {
            segments = min(segments, Double(entries.count) / share)
        }
        return max(1, Int((segments * Double(settings.pairsPerSegment) / 4).rounded()))
    }

    // MARK: - Drawing

    private func deal(
        _ kind: PairKind, _ count: Int, _ entries: [Int], _ random: inout SeededRandom,
        into quads: inout [PairQuad]
    ) {
        guard count > 0 else { return }
        let order = random.shuffled(entries)
        for index in 0..<count {
            let entry = order[index % order.count]
            var (first, second) =
                switch kind {
                case .easy, .positive: (anywhere(entry, &random), anywhere(table.stranger(of: entry, &random), &random))
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

    /// Puts the picture somewhere within its sound.
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

    private var superHardEntries: [Int] {
        table.entries.indices.filter { entry in
            table.entries[entry].exclusion == nil && table.entries[entry].placeCount > superHardOffset(entry)
        }
    }

    private func pairs(_ quads: ArraySlice<PairQuad>) -> [Pair] {
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
