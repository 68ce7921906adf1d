import AVPrepCore
import Synchronization

/// The cores that no worker uses: from the start where there are fewer videos than cores, and at the end of a corpus, while the
/// last videos are long. Workers that go on may use them for a part of their work.
package final class SpareCores: Sendable {
    private let count: Mutex<Int>

    /// - Parameters:
    ///   - cores: that this process may use.
    ///   - workers: as many as begin, each of which has a core until it ends.
    package init(cores: Int = AvailableProcessors.count, workers: Int) { count = Mutex(max(0, cores - workers)) }

    /// Takes a core if one is spare.
    func take() -> Bool {
        count.withLock { count in
            guard count > 0 else { return false }
            count -= 1
            return true
        }
    }

    /// Gives a core back: one that was taken, or that of a worker that has ended.
    func giveBack() { count.withLock { $0 += 1 } }
}
