import Dispatch
import Foundation

/// Prepares batches on several threads, ahead of the consumer, and delivers them in order.
///
/// Workers take one pair at a time, so even a single batch is prepared by all of them. Batches lie in a fixed set of
/// buffers: with n buffers, n - 1 are prepared while the consumer holds one, and no memory is allocated on the way.
/// What a batch holds does not depend on the number of threads. A pair that cannot be read ends the pass with its
/// error: nothing is ever put in its place.
package final class BatchLoader {
    /// Reads one pair into one slot of a batch. `position` is the pair's place in the pass, which seeds what is random.
    package typealias ReadPair = (_ pair: Int, _ position: Int, _ batch: Batch, _ slot: Int) throws -> Void

    private let work: Work
    private let workers = DispatchGroup()
    private var next = 0
    /// Seconds that ``nextBatch()`` has waited for data so far.
    package private(set) var waitedSeconds = 0.0

    /// Starts to prepare a pass.
    ///
    /// - Parameters:
    ///   - order: the pairs of the pass.
    ///   - firstBatch: the batch to begin with: a pass that goes on after a stop skips what was seen.
    ///   - buffers: at least 2, of `batchSize` each. They are in use until the loader is closed.
    ///   - threads: workers, ≥ 1.
    ///   - makeReader: called once on each worker's thread; what it returns is called on that thread alone.
    package init(
        order: [Int], batchSize: Int, firstBatch: Int = 0, buffers: [Batch], threads: Int,
        makeReader: @escaping @Sendable () -> ReadPair
    ) {
        precondition(buffers.count >= 2 && threads >= 1, "\(buffers.count) buffers, \(threads) threads")
        precondition(buffers.allSatisfy { $0.capacity >= batchSize }, "buffers smaller than a batch")
        work = Work(order: order, batchSize: batchSize, firstBatch: firstBatch, buffers: buffers)
        next = firstBatch
        let queue = DispatchQueue(label: "avprep.batches", qos: .userInitiated, attributes: .concurrent)
        for _ in 0..<threads {
            queue.async(group: workers) { [work] in
                let read = makeReader()
                while let task = work.take() {
                    let result = Result { try read(task.pair, task.position, task.batch, task.slot) }
                    work.finish(task, result)
                }
            }
        }
    }

    deinit { close() }

    /// The next batch, waiting for it; nil after the last. It stays valid until the next call.
    ///
    /// - Throws: the error of the batch's first pair that could not be read.
    package func nextBatch() throws -> Batch? {
        let start = ContinuousClock.now
        defer { waitedSeconds += (ContinuousClock.now - start) / .seconds(1) }
        let batch = try work.batch(next)
        next += 1
        return batch
    }

    /// Ends the pass: waits until no worker touches a buffer any more. Harmless when called again.
    package func close() {
        work.close()
        workers.wait()
    }
}

/// One pair to read.
private struct ReadTask {
    let pair: Int
    let position: Int
    let batch: Batch
    let slot: Int
}

/// What the workers and the consumer share.
private final class Work: @unchecked Sendable {
    // Sendable because every `var` is touched under `condition` alone; the lock also publishes what workers wrote.
    private let condition = NSCondition()
    private let order: [Int]
    private let batchSize: Int
    private let buffers: [Batch]
    /// The next pair to hand out.
    private var position: Int
    /// Batches before this one are given back: their buffers are free.
    private var released: Int
    /// Pairs not yet read of the batch in each buffer, and its first failure.
    private var unread: [Int]
    private var failures: [(position: Int, error: any Error)?]
    private var isClosed = false

    init(order: [Int], batchSize: Int, firstBatch: Int, buffers: [Batch]) {
        self.order = order
        self.batchSize = batchSize
        self.buffers = buffers
        position = firstBatch * batchSize
        released = firstBatch
        unread = Array(repeating: 0, count: buffers.count)
        failures = Array(repeating: nil, count: buffers.count)
    }

    /// Hands out the next pair, waiting while every buffer is taken. Nil when there is nothing left to do.
    func take() -> ReadTask? {
        condition.lock()
        defer { condition.unlock() }
        while !isClosed, position < order.count, position / batchSize >= released + buffers.count { condition.wait() }
        guard !isClosed, position < order.count else { return nil }
        let (number, slot) = position.quotientAndRemainder(dividingBy: batchSize)
        let buffer = number % buffers.count
        if slot == 0 {
            buffers[buffer].begin(order[position..<min(position + batchSize, order.count)])
            unread[buffer] = buffers[buffer].count
            failures[buffer] = nil
        }
        defer { position += 1 }
        return ReadTask(pair: order[position], position: position, batch: buffers[buffer], slot: slot)
    }

    func finish(_ task: ReadTask, _ result: Result<Void, any Error>) {
        condition.lock()
        defer { condition.unlock() }
        let buffer = task.position / batchSize % buffers.count
        unread[buffer] -= 1
        if case .failure(let error) = result, task.position < failures[buffer]?.position ?? .max {
            failures[buffer] = (task.position, error)
        }
        if unread[buffer] == 0 { condition.broadcast() }
    }

    /// Waits for batch `number` and frees the ones before it.
    func batch(_ number: Int) throws -> Batch? {
        condition.lock()
        defer { condition.unlock() }
        guard number * batchSize < order.count else { return nil }
        released = number
        condition.broadcast()
        let buffer = number % buffers.count
        let end = min((number + 1) * batchSize, order.count)
        while !isClosed, position < end || unread[buffer] > 0 { condition.wait() }
        if isClosed { throw CancellationError() }
        if let failure = failures[buffer] { throw failure.error }
        return buffers[buffer]
    }

    func close() {
        condition.lock()
        isClosed = true
        condition.broadcast()
        condition.unlock()
    }
}
