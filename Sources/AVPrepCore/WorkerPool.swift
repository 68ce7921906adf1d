import Dispatch
import Synchronization

/// Processes items with a fixed number of Dispatch workers, fed through a bounded queue in the order of the items.
package enum WorkerPool {
    /// Runs `body` once for each item and returns when all are done.
    ///
    /// - Parameters:
    ///   - workers: number of items processed at a time, at least one; no more workers start than there are items.
    ///   - isCancelled: called before each item; true stops with `CancellationError`.
    ///   - makeWorker: makes the state that a worker keeps from item to item (buffers, encoders), on the worker's own
    ///     thread.
    ///   - body: processes one item. If it throws, the pool stops: items already begun are finished, the rest are not
    ///     started, and the error of the earliest failing item is thrown.
    package static func run<Item: Sendable, Worker>(
        _ items: [Item], workers: Int, isCancelled: @Sendable () -> Bool = { false },
        makeWorker: @Sendable () throws -> Worker, _ body: @Sendable (_ worker: Worker, _ item: Item) throws -> Void
    ) throws {
        let queue = BoundedQueue<(Int, Item)>(limit: max(1, workers) * 2)
        let failure = Mutex<(index: Int, error: any Error)?>(nil)
        @Sendable func fail(_ index: Int, _ error: any Error) {
            failure.withLock { if $0.map({ index < $0.index }) ?? true { $0 = (index, error) } }
            queue.close()
        }
        let count = min(max(1, workers), max(1, items.count))
        // The feeder is one block more than there are workers, so that a full queue cannot stop all of them.
        DispatchQueue.concurrentPerformBlocking(count + 1) { block in
            if block == 0 {
                for (index, item) in items.enumerated() where !queue.push((index, item)) { return }
                queue.close()
                return
            }
            do {
                let worker = try makeWorker()
                while let (index, item) = queue.pop() {
                    if isCancelled() || failure.withLock({ $0 != nil }) { continue }
                    do { try body(worker, item) } catch { fail(index, error) }
                }
            } catch {
                fail(-1, error)
            }
        }
        if let failure = failure.withLock({ $0 }) { throw failure.error }
        if isCancelled() { throw CancellationError() }
    }

    /// The same for workers without state.
    package static func run<Item: Sendable>(
        _ items: [Item], workers: Int, isCancelled: @Sendable () -> Bool = { false },
        _ body: @Sendable (_ item: Item) throws -> Void
    ) throws {
        try run(items, workers: workers, isCancelled: isCancelled, makeWorker: {}) { _, item in try body(item) }
    }
}

extension DispatchQueue {
    /// Runs `count` blocks that may wait for each other, all at the same time. (`concurrentPerform` may run fewer at a
    /// time than there are, which would deadlock here.)
    fileprivate static func concurrentPerformBlocking(_ count: Int, _ body: @Sendable (Int) -> Void) {
        withoutActuallyEscaping(body) { body in
            let queue = DispatchQueue(label: "avprep.workers", attributes: .concurrent)
            let group = DispatchGroup()
            for index in 0..<count { queue.async(group: group) { body(index) } }
            group.wait()
        }
    }
}
