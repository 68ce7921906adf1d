import AVPrepCore

/// Which pairs an epoch shows, in which order: a pure function of (seed, stage, set, epoch).
///
/// The rule. Shards are put in random order and taken in groups of ``shardsPerGroup``; the pairs in sync of one group
/// are shuffled together, and so are its pairs out of sync. Reads thus stay within few shards at a time, and a set of
/// no more shards than that is shuffled as a whole. The epoch alternates between the two rows: slot 2k holds the k-th
/// pair in sync, slot 2k + 1 the k-th pair out of sync, so every batch of even size is half and half, and one of odd
/// size off by one. Some recipes are shown one row alone (``Rows``). Pairs of the longer row that are left over, and the last batch if it is not full, are not shown in
/// this epoch; another epoch has another order.
///
/// A set that holds several epochs' worth of pairs gives them in turn: epoch e shows those of stored epoch e modulo their
/// number.
package struct EpochOrder: Sendable {
    /// Which pairs an epoch shows.
    package enum Rows: Sendable {
        /// Half of them in sync.
        case both
        /// Those out of sync alone: the model hears the pictures of each with their own sound, too.
        case outOfSync
        /// Those in sync alone: what is learnt is said by labels.
        case inSync
    }

    /// Shards whose pairs are mixed with each other.
    package static let shardsPerGroup = 16

    /// Pairs by stored epoch and shard.
    private let inSync: [[[Int32]]]
    private let outOfSync: [[[Int32]]]
    private let shown: Rows
    private let batchSize: Int
    private let name: String
    private let seed: UInt64
    /// Batches of every epoch.
    package let stepsPerEpoch: Int

    /// - Parameters:
    ///   - labels: for each shard, the labels of its pairs; pairs are numbered through all shards from 0.
    ///   - shown: which pairs an epoch shows.
    ///   - storedEpochs: epochs' worth of pairs that each shard holds, one after the other, equally many in each.
    ///   - batchSize: pairs a batch, > 0.
    ///   - pairsPerEpoch: at most so many pairs an epoch; 0 for all.
    ///   - name: what the order is for: stage and set.
    /// - Throws: ``TrainingError`` when the set cannot fill one batch.
    package init(
        labels: [[UInt8]], shown: Rows = .both, storedEpochs: Int = 1, batchSize: Int, pairsPerEpoch: Int,
        name: String, seed: UInt64
    ) throws {
        precondition(batchSize > 0 && pairsPerEpoch >= 0, "batches of \(batchSize), \(pairsPerEpoch) pairs an epoch")
        precondition(storedEpochs > 0, "\(storedEpochs) stored epochs")
        var first: Int32 = 0
        var rows: (inSync: [[[Int32]]], outOfSync: [[[Int32]]]) = (
            Array(repeating: [], count: storedEpochs), Array(repeating: [], count: storedEpochs)
        )
        for shard in labels {
            let size = shard.count / storedEpochs
            for epoch in 0..<storedEpochs {
                let numbers = epoch * size..<(epoch + 1) * size
                rows.inSync[epoch].append(numbers.filter { shard[$0] == 1 }.map { first + Int32($0) })
                rows.outOfSync[epoch].append(numbers.filter { shard[$0] != 1 }.map { first + Int32($0) })
            }
            first += Int32(shard.count)
        }
        func least(_ epochs: [[[Int32]]]) -> Int { epochs.map { $0.reduce(0) { $0 + $1.count } }.min() ?? 0 }
        let counts = (least(rows.inSync), least(rows.outOfSync))
        var slots =
            switch shown {
            case .both: 2 * min(counts.0, counts.1)
            case .outOfSync: counts.1
            case .inSync: counts.0
            }
        if pairsPerEpoch > 0 { slots = min(slots, pairsPerEpoch) }
        guard slots >= batchSize else {
            throw TrainingError(
                .data,
                """
                \(name): \(counts.0) pairs in sync and \(counts.1) out of sync, of which an epoch shows \(slots), do not \
                fill one batch of \(batchSize); lower \(TrainKey.batchSize), or shard more videos
                """)
        }
        inSync = rows.inSync
        outOfSync = rows.outOfSync
        self.shown = shown
        self.batchSize = batchSize
        self.name = name
        self.seed = seed
        stepsPerEpoch = slots / batchSize
    }

    /// The pair at each slot of an epoch: batch b is `[b · batchSize, (b + 1) · batchSize)`.
    ///
    /// - Complexity: O(pairs of the set).
    package func pairs(epoch: Int) -> [Int] {
        var random = SeededRandom(seed: seed, for: "order/\(name)/\(epoch)")
        let (inSync, outOfSync) = (inSync[epoch % inSync.count], outOfSync[epoch % outOfSync.count])
        let shards = random.shuffled(inSync.indices)
        var rows: (inSync: [Int32], outOfSync: [Int32]) = ([], [])
        for start in stride(from: 0, to: shards.count, by: Self.shardsPerGroup) {
            let group = shards[start..<min(start + Self.shardsPerGroup, shards.count)]
            rows.inSync += random.shuffled(group.flatMap { inSync[$0] })
            rows.outOfSync += random.shuffled(group.flatMap { outOfSync[$0] })
        }
        let slots = stepsPerEpoch * batchSize
        switch shown {
        case .both:
            return (0..<slots).map { Int($0 % 2 == 0 ? rows.inSync[$0 / 2] : rows.outOfSync[$0 / 2]) }
        case .outOfSync: return rows.outOfSync.prefix(slots).map { Int($0) }
        case .inSync: return rows.inSync.prefix(slots).map { Int($0) }
        }
    }
}
