import Testing

@testable import AVPrepTraining

@Suite struct PairSamplerTests {
    /// 40 shards of 30 pairs, the first half of each in sync.
    private let labels = (0..<40).map { _ in (0..<30).map { UInt8($0 < 15 ? 1 : 0) } }

    private func sampler(batchSize: Int = 8, pairsPerEpoch: Int = 0, seed: UInt64 = 1, name: String = "easy") throws
        -> PairSampler
    {
        try PairSampler(
            labels: labels, batchSize: batchSize, pairsPerEpoch: pairsPerEpoch, name: name, seed: seed)
    }

    @Test func everyBatchIsHalfInSync() throws {
        let sampler = try sampler()
        let order = sampler.order(epoch: 3)
        #expect(sampler.stepsPerEpoch == 150)
        #expect(order.count == 1200)
        for batch in stride(from: 0, to: order.count, by: 8) {
            #expect(order[batch..<batch + 8].count { $0 % 30 < 15 } == 4)
        }
    }

    @Test func anEpochShowsEveryPairOnceWhenTheSetIsBalanced() throws {
        #expect(try sampler().order(epoch: 0).sorted() == Array(0..<1200))
        // The last batch is dropped when it is not full.
        let odd = try sampler(batchSize: 7)
        #expect(odd.stepsPerEpoch == 171)
        #expect(Set(odd.order(epoch: 0)).count == 1197)
    }

    @Test func orderDependsOnSeedEpochAndNameAlone() throws {
        let order = try sampler().order(epoch: 1)
        #expect(try sampler().order(epoch: 1) == order)
        #expect(try sampler().order(epoch: 2) != order)
        #expect(try sampler(seed: 2).order(epoch: 1) != order)
        #expect(try sampler(name: "mixed").order(epoch: 1) != order)
    }

    /// Reads stay near each other: at no time do more shards take part than a group has, and one at its edge.
    @Test func neighboursInTheOrderComeFromFewShards() throws {
        let order = try sampler().order(epoch: 5)
        let window = PairSampler.shardsPerGroup * 30
        for start in stride(from: 0, to: order.count - window, by: window) {
            #expect(Set(order[start..<start + window].map { $0 / 30 }).count <= PairSampler.shardsPerGroup)
        }
        // And the shards are mixed: a batch comes from several.
        #expect(Set(order[0..<8].map { $0 / 30 }).count > 2)
    }

    @Test func pairsPerEpochBoundsTheEpoch() throws {
        let sampler = try sampler(pairsPerEpoch: 100)
        #expect(sampler.stepsPerEpoch == 12)
        #expect(Set(sampler.order(epoch: 0)) != Set(sampler.order(epoch: 1)))
    }

    @Test func aSetThatCannotFillOneBatchIsRefused() {
        #expect(throws: TrainingError.self) {
            try PairSampler(labels: [[1, 1, 1, 1]], batchSize: 2, pairsPerEpoch: 0, name: "easy", seed: 1)
        }
    }
}
