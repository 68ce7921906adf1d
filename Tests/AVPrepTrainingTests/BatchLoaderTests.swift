import AVPrepTorch
import Synchronization
import Testing

@testable import AVPrepTraining

@Suite struct BatchLoaderTests {
    private static let inputs = [InputShape(name: "number", type: .float32, sizes: [1])]

    private struct Unreadable: Error, Equatable {
        let pair: Int
    }

    /// A loader whose pairs write their own number and position; `broken` ones fail.
    private func loader(
        order: [Int], batchSize: Int, firstBatch: Int = 0, threads: Int, buffers: Int = 3, broken: Set<Int> = []
    ) throws -> BatchLoader {
        try BatchLoader(
            order: order, batchSize: batchSize, firstBatch: firstBatch,
            buffers: (0..<buffers).map { _ in try Batch(capacity: batchSize, inputs: Self.inputs) }, threads: threads
        ) {
            { pair, position, batch, slot in
                if broken.contains(pair) { throw Unreadable(pair: pair) }
                batch.bytes(0, slot: slot).storeBytes(of: Float(pair), as: Float.self)
                batch.labels[slot] = Float(position)
            }
        }
    }

    @Test(arguments: [1, 2, 7])
    func batchesComeInOrderWhateverTheNumberOfThreads(threads: Int) throws {
        let order = (0..<103).map { ($0 * 37) % 103 }
        let loader = try loader(order: order, batchSize: 10, threads: threads)
        var seen: [Int] = []
        var positions: [Int] = []
        var counts: [Int] = []
        while let batch = try loader.nextBatch() {
            seen += batch.values("number", as: Float.self).map { Int($0) }
            positions += batch.labels.prefix(batch.count).map { Int($0) }
            #expect(Array(batch.pairs) == seen.suffix(batch.count))
            counts.append(batch.count)
        }
        #expect(seen == order)
        #expect(positions == Array(0..<103))
        #expect(counts == Array(repeating: 10, count: 10) + [3])
        #expect(try loader.nextBatch() == nil)
    }

    @Test func aPassThatGoesOnBeginsAtItsBatch() throws {
        let loader = try loader(order: Array(0..<50), batchSize: 8, firstBatch: 4, threads: 2)
        let batch = try #require(try loader.nextBatch())
        #expect(batch.values("number", as: Float.self).map { Int($0) } == Array(32..<40))
        #expect(batch.labels.map { Int($0) } == Array(32..<40))
    }

    @Test func aPairThatCannotBeReadEndsThePassAtItsBatch() throws {
        let loader = try loader(order: Array(0..<64), batchSize: 8, threads: 4, broken: [21, 18, 40])
        #expect(try loader.nextBatch() != nil)
        #expect(try loader.nextBatch() != nil)
        // The batch's first failure in order, whichever thread came first.
        #expect(throws: Unreadable(pair: 18)) { try loader.nextBatch() }
    }

    @Test func closingInTheMiddleWaitsForTheWorkers() throws {
        let inside = Atomic(0)
        let buffers = try (0..<4).map { _ in try Batch(capacity: 4, inputs: Self.inputs) }
        let loader = BatchLoader(order: Array(0..<4000), batchSize: 4, buffers: buffers, threads: 3) {
            { _, _, _, _ in
                inside.add(1, ordering: .relaxed)
                inside.subtract(1, ordering: .relaxed)
            }
        }
        _ = try loader.nextBatch()
        loader.close()
        #expect(inside.load(ordering: .relaxed) == 0)
        #expect(throws: CancellationError.self) { try loader.nextBatch() }
    }

    /// Workers stop when all buffers are full: memory is bounded by the buffers, not by the consumer's speed.
    @Test func nothingIsReadBeyondTheBuffers() throws {
        let reads = Atomic(0)
        let buffers = try (0..<3).map { _ in try Batch(capacity: 5, inputs: Self.inputs) }
        let loader = BatchLoader(order: Array(0..<500), batchSize: 5, buffers: buffers, threads: 2) {
            { _, _, _, _ in reads.add(1, ordering: .relaxed) }
        }
        for _ in 0..<4 { _ = try loader.nextBatch() }
        loader.close()
        #expect((20...30).contains(reads.load(ordering: .relaxed)))
    }
}
