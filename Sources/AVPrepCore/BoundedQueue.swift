import Foundation

/// A bounded queue between two stages: when it is full the producer waits, so memory stays bounded however different
/// the speeds of the two stages are.
///
/// Elements come out in the order they went in. `Cost` is the unit of the bound, usually bytes.
package final class BoundedQueue<Element: Sendable>: @unchecked Sendable {
    // Sendable because every stored property below is accessed only under `condition`.
    private let condition = NSCondition()
    private var elements: [(element: Element, cost: Int)] = []
    private var head = 0
    private var cost = 0
    private var isClosed = false
    private let limit: Int

    /// - Parameter limit: the largest sum of costs the queue holds. One element is always accepted, whatever its cost.
    package init(limit: Int) {
        precondition(limit > 0, "the limit of a bounded queue must be positive")
        self.limit = limit
    }

    /// Adds an element, waiting while the queue is full.
    ///
    /// - Returns: false if the queue was closed: the consumer wants no more elements, and this one is dropped.
    @discardableResult
    package func push(_ element: Element, cost: Int = 1) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        while !isClosed, head < elements.count, self.cost + cost > limit { condition.wait() }
        guard !isClosed else { return false }
        elements.append((element, cost))
        self.cost += cost
        condition.broadcast()
        return true
    }

    /// Removes the oldest element, waiting for one if necessary. Nil once the queue is closed and empty.
    package func pop() -> Element? {
        condition.lock()
        defer { condition.unlock() }
        while head == elements.count {
            if isClosed { return nil }
            condition.wait()
        }
        let (element, cost) = elements[head]
        head += 1
        self.cost -= cost
        if head == elements.count || head > 64 {
            elements.removeFirst(head)
            head = 0
        }
        condition.broadcast()
        return element
    }

    /// Closes the queue: waiting producers return, consumers get the remaining elements and then nil.
    package func close() {
        condition.lock()
        isClosed = true
        condition.broadcast()
        condition.unlock()
    }
}
