import CFFmpeg
import Foundation
import Synchronization

/// Whether FFmpeg got the memory it asked for, in a process whose memory is limited.
package enum MediaMemory {
    private static let isShort = Atomic<Bool>(false)
    private static let ending = Mutex<(@Sendable () -> Never)?>(nil)

    /// Whether FFmpeg has been refused memory for want of it. What was decoded since is not to be relied upon.
    package static var isExhausted: Bool { isShort.load(ordering: .relaxed) }

    /// Has `end` called where there is no memory to go on with, instead of a crash.
    package static func onExhaustion(_ end: @escaping @Sendable () -> Never) {
        ending.withLock { $0 = end }
    }

    /// Looks at a return code of FFmpeg.
    ///
    /// FFmpeg also says that there is no memory when a damaged file asks for more than 2 GiB at once, which it refuses by
    /// itself. Where so much could be had, that was it.
    static func observe(_ status: Int32) {
        guard status == avprep_averror(ENOMEM), !isExhausted else { return }
        let most = Int(Int32.max)
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        guard let memory = mmap(nil, most, PROT_READ | PROT_WRITE, flags, -1, 0), memory != MAP_FAILED else {
            isShort.store(true, ordering: .relaxed)
            return
        }
        munmap(memory, most)
    }

    /// Ends the process: there is nothing to go on with.
    static func giveUp() -> Never {
        if let end = ending.withLock({ $0 }) { end() }
        fatalError("out of memory in FFmpeg")
    }
}
