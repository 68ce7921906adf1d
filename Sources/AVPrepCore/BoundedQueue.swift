import Foundation

/// A queue between two stages that holds at most so much: a full one makes the producer wait, so memory stays bounded
/// however far apart the speeds of the two are.
///
/// Elements come out in the order they went in. `Cost` is what the bound counts, usually bytes.
package final class BoundedQueue<Element: Sendable>: @unchecked Sendable {
    // Sendable because every stored property below is touched under `condition` alone.
    private let condition = NSCondition()
    private var elements: [(element: Element, cost: Int)] = []
    private var head = 0
    private var cost = 0
    private var isClosed = false
    private let limit: Int

    /// - Parameter limit: the sum of costs the queue takes. One element is always taken, however costly.
    package init(limit: Int) {
        precondition(limit > 0, "a queue that holds nothing")
        self.limit = limit
    }

    /// Adds an element, waiting while the queue is full.
    ///
    /// - Returns: false if the queue was closed: the consumer wants no more, and the element is dropped.
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

    /// Takes the oldest element, waiting for one. Nil once the queue is closed and empty.
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

    /// Ends the queue: waiting producers give up, consumers get what is left and then nil.
    package func close() {
        condition.lock()
        isClosed = true
        condition.broadcast()
        condition.unlock()
    }
}
