import CFFmpeg
import Foundation
import Synchronization

/// Detects failed allocations of FFmpeg in a process whose memory is limited.
package enum MediaMemory {
    private static let isShort = Atomic<Bool>(false)
    private static let ending = Mutex<(@Sendable () -> Never)?>(nil)

    /// Whether an allocation of FFmpeg has failed. What was decoded since then is unreliable.
    package static var isExhausted: Bool { isShort.load(ordering: .relaxed) }

    /// Calls `end` when memory runs out, instead of crashing.
    package static func onExhaustion(_ end: @escaping @Sendable () -> Never) {
        ending.withLock { $0 = end }
    }

    /// Examines a return code of FFmpeg.
    ///
    /// FFmpeg also reports lack of memory when a damaged file requests more than 2 GiB at once, which it refuses by
    /// itself. If an allocation succeeds now, that was the cause.
    static func observe(_ status: Int32) {
        guard status == avprep_averror(ENOMEM), !isExhausted else { return }
        let most = Int(Int32.max)
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        guard let memory = mmap(nil, most, PROT_READ | PROT_WRITE, flags, -1, 0), memory != MAP_FAILED else {
            isShort.store(true, ordering: .relaxed)
            return
        }
        let status = munmap(memory, most)
        precondition(status == 0, "munmap of what was mapped")
    }

    /// Ends the process: it cannot continue without memory.
    static func giveUp() -> Never {
        if let end = ending.withLock({ $0 }) { end() }
        fatalError("out of memory in FFmpeg")
    }
}
