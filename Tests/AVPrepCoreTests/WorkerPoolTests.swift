import AVPrepCore
import Foundation
import Synchronization
import Testing

@Suite struct WorkerPoolTests {
    @Test(arguments: [1, 2, 8])
    func everyItemIsWorkedOffOnce(workers: Int) throws {
        let seen = Mutex([Int]())
        try WorkerPool.run(Array(0..<500), workers: workers) { item in seen.withLock { $0.append(item) } }
        #expect(seen.withLock { $0.sorted() } == Array(0..<500))
    }

    @Test func theErrorOfTheEarliestFailedItemEndsTheWork() {
        struct Trouble: Error, Equatable { let item: Int }
        let count = Atomic(0)
        #expect(throws: Trouble(item: 3)) {
            try WorkerPool.run(Array(0..<10_000), workers: 4) { item in
                count.add(1, ordering: .relaxed)
                if item == 3 || item == 40 { throw Trouble(item: item) }
            }
        }
        #expect(count.load(ordering: .relaxed) < 10_000)
    }

    @Test func cancellingEndsTheWork() {
        let cancellation = Cancellation()
        let count = Atomic(0)
        #expect(throws: CancellationError.self) {
            try WorkerPool.run(Array(0..<1000), workers: 2, isCancelled: { cancellation.isCancelled }) { item in
                if item == 10 { cancellation.cancel(.interrupted) }
                count.add(1, ordering: .relaxed)
            }
        }
        #expect(count.load(ordering: .relaxed) < 1000)
        #expect(cancellation.requested == .interrupted)
    }

    @Test func noItemsAreNoWork() throws {
        try WorkerPool.run([Int](), workers: 3) { _ in Issue.record("work on nothing") }
    }

    @Test func aFullQueueMakesTheProducerWait() {
        let queue = BoundedQueue<Int>(limit: 10)
        let pushed = Atomic(0)
        let producer = DispatchGroup()
        DispatchQueue.global().async(group: producer) {
            for item in 0..<6 where queue.push(item, cost: 4) { pushed.add(1, ordering: .relaxed) }
            queue.close()
        }
        usleep(100_000)
        #expect(pushed.load(ordering: .relaxed) == 2)
        var taken: [Int] = []
        while let item = queue.pop() { taken.append(item) }
        producer.wait()
        #expect(taken == Array(0..<6))
        #expect(!queue.push(7))
    }
}
