import AVPrepCore
package import AVPrepModel

extension PairSampler {
    /// A set for segments of which some others have left: the pairs that are left stay as they are, in their order, and as
    /// few are drawn as keep the set's rules.
    ///
    /// What stays are whole quads. A positive whose negatives had a clip of what left goes with them: it would be the only
    /// use of its clips, and so tell the label. New quads, at random places among those that stay, bring the set to the
    /// size and to the fractions of the kinds that it has for these segments.
    ///
    /// - Parameter epochs: for each epoch its pairs without those that are gone, with rows as they are now.
    /// - Returns: the set, and how many of the given pairs are in it.
    /// - Throws: ``PairError`` as for ``draw(_:)``.
    package func renew(_ plan: PairSetPlan, keeping epochs: [[Pair]]) throws -> (set: DrawnPairSet, kept: Int) {
        let starters = try self.starters(plan)
        let kinds = Self.negativeKinds
        let isWanted = Dictionary(uniqueKeysWithValues: zip(kinds, plan.shares.inOrder.map { $0 > 0 }))
        let found = (0..<settings.epochs).map { epoch in
            (epochs.indices.contains(epoch) ? QuadRecovery(epochs[epoch], table).quads : []).filter {
                isWanted[$0.quad.kind] ?? false
            }
        }
        let counts = self.counts(plan, starters, atLeast: found.map { $0.map(\.quad.kind) })
        var quads: [PairQuad] = []
        var pairs: [Pair] = []
        var kept = 0
        for (epoch, found) in found.enumerated() {
            var random = SeededRandom(seed: seed, for: "pairs/\(shard)/\(plan.name)/renewed/\(epoch)")
            var drawn: [PairQuad] = []
            for (kind, (entries, count)) in zip(kinds, zip(starters, counts)) {
                let own = found.map(\.quad).filter { $0.kind == kind }
                let starts = leastUsed(entries, by: own, count: count - own.count, &random)
                deal(kind, starts.count, starts, &random, into: &drawn)
            }
            let old = found.flatMap(\.rows).sorted().map { epochs[epoch][$0] }
            let new = random.shuffled(self.pairs(drawn[...]))
            var (nextOld, nextNew) = (old.makeIterator(), new.makeIterator())
            let order = random.shuffled(
                [Bool](repeating: false, count: old.count) + [Bool](repeating: true, count: new.count))
            pairs += order.compactMap { $0 ? nextNew.next() : nextOld.next() }
            quads += found.map(\.quad) + drawn
            kept += old.count
        }
        let statistics = PairStatistics(quads, table, hardNegatives, superHardSegments: superHardEntries.count)
        return (DrawnPairSet(plan: plan, pairs: pairs, statistics: statistics), kept)
    }

    /// Entries to start so many quads from: those first that the fewest quads have a clip of, so that videos that came back,
    /// or whose quads went with others, get their share.
    private func leastUsed(_ entries: [Int], by quads: [PairQuad], count: Int, _ random: inout SeededRandom) -> [Int] {
        var uses = [Int](repeating: 0, count: table.entries.count)
        for quad in quads {
            uses[quad.first.entry] += 1
            uses[quad.second.entry] += 1
        }
        var starts: [Int] = []
        while starts.count < count, let least = entries.lazy.map({ uses[$0] }).min() {
            let level = random.shuffled(entries.filter { uses[$0] == least }).prefix(count - starts.count)
            for entry in level { uses[entry] += 1 }
            starts += level
        }
        return starts
    }

    /// Quads of each kind in each epoch: as for a new set, or so many more that none of those that are there is too many.
    private func counts(_ plan: PairSetPlan, _ starters: [[Int]], atLeast epochs: [[PairKind]]) -> [Int] {
        let most = Self.negativeKinds.map { kind in epochs.map { $0.count { $0 == kind } }.max() ?? 0 }
        var total = quadCount(plan, starters)
        for (count, share) in zip(most, plan.shares.inOrder) where share > 0 {
            // No smaller total gives as many of the kind, so that a set that lacks nothing stays as it is.
            total = max(total, Int((Double(count - 1) / share).rounded(.down)))
        }
        while zip(plan.apportion(total), most).contains(where: { $0 < $1 }) { total += 1 }
        return plan.apportion(total)
    }
}
