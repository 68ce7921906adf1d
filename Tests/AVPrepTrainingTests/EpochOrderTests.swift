import Testing

@testable import AVPrepTraining

@Suite struct EpochOrderTests {
    /// 40 shards of 30 pairs, the first half of each in sync.
    private let labels = (0..<40).map { _ in (0..<30).map { UInt8($0 < 15 ? 1 : 0) } }

    private func order(batchSize: Int = 8, pairsPerEpoch: Int = 0, seed: UInt64 = 1, name: String = "easy") throws
        -> EpochOrder
    {
        try EpochOrder(
            labels: labels, batchSize: batchSize, pairsPerEpoch: pairsPerEpoch, name: name, seed: seed)
    }

    @Test func everyBatchIsHalfInSync() throws {
        let order = try order()
        let pairs = order.pairs(epoch: 3)
        #expect(order.stepsPerEpoch == 150)
        #expect(pairs.count == 1200)
        for batch in stride(from: 0, to: pairs.count, by: 8) {
            #expect(pairs[batch..<batch + 8].count { $0 % 30 < 15 } == 4)
        }
    }

    @Test func anEpochShowsEveryPairOnceWhenTheSetIsBalanced() throws {
        #expect(try order().pairs(epoch: 0).sorted() == Array(0..<1200))
        // The last batch is dropped when it is not full.
        let odd = try order(batchSize: 7)
        #expect(odd.stepsPerEpoch == 171)
        #expect(Set(odd.pairs(epoch: 0)).count == 1197)
    }

    /// For models that hear each pair's pictures with their own sound, too.
    @Test func anEpochOfPairsOutOfSyncAloneShowsEachOfThemOnce() throws {
        func order(_ labels: [[UInt8]], pairsPerEpoch: Int = 0) throws -> EpochOrder {
            try EpochOrder(
                labels: labels, shown: .outOfSync, batchSize: 8, pairsPerEpoch: pairsPerEpoch, name: "shift", seed: 1)
        }
        let pairs = try order(labels).pairs(epoch: 2)
        #expect(pairs.count == 600 && Set(pairs).count == 600 && pairs.allSatisfy { $0 % 30 >= 15 })
        #expect(try order(labels, pairsPerEpoch: 99).stepsPerEpoch == 12)
        // Nothing in sync is needed, and nothing out of sync is refused.
        #expect(try order([[0, 0, 0, 0, 0, 0, 0, 0, 0]]).stepsPerEpoch == 1)
        #expect(throws: TrainingError.self) { try order([[1, 1, 1, 1, 1, 1, 1, 1, 1]]) }
    }

    @Test func orderDependsOnSeedEpochAndNameAlone() throws {
        let pairs = try order().pairs(epoch: 1)
        #expect(try order().pairs(epoch: 1) == pairs)
        #expect(try order().pairs(epoch: 2) != pairs)
        #expect(try order(seed: 2).pairs(epoch: 1) != pairs)
        #expect(try order(name: "mixed").pairs(epoch: 1) != pairs)
    }

    /// Reads stay near each other: at no time do more shards take part than a group has, and one at its edge.
    @Test func neighboursInTheOrderComeFromFewShards() throws {
        let pairs = try order().pairs(epoch: 5)
        let window = EpochOrder.shardsPerGroup * 30
        for start in stride(from: 0, to: pairs.count - window, by: window) {
            #expect(Set(pairs[start..<start + window].map { $0 / 30 }).count <= EpochOrder.shardsPerGroup)
        }
        // And the shards are mixed: a batch comes from several.
        #expect(Set(pairs[0..<8].map { $0 / 30 }).count > 2)
    }

    @Test func pairsPerEpochBoundsTheEpoch() throws {
        let order = try order(pairsPerEpoch: 100)
        #expect(order.stepsPerEpoch == 12)
        #expect(Set(order.pairs(epoch: 0)) != Set(order.pairs(epoch: 1)))
    }

    @Test func aSetThatCannotFillOneBatchIsRefused() {
        #expect(throws: TrainingError.self) {
            try EpochOrder(labels: [[1, 1, 1, 1]], batchSize: 2, pairsPerEpoch: 0, name: "easy", seed: 1)
        }
    }
}
