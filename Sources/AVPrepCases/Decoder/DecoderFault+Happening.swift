package import AVPrepDecoder
package import AVPrepMedia
import CCases
import Foundation

extension DecoderFault {
    /// The exit code of a process that ends as planned, or whose attempt was refused.
    private static let plannedExit: Int32 = 72

    /// Set in the process of one file, which has one thread and ends with the file.
    nonisolated(unsafe) private static var readsFail = false

    /// Reads as the system does, until reads are to fail.
    package static let reader: LocalFile.Reader = { descriptor, buffer, count, offset in
        guard !readsFail else {
            errno = EIO
            return -1
        }
        return LocalFile.systemReader(descriptor, buffer, count, offset)
    }

    /// What `plan` has for the moment's file happens at its moment.
    package static func happen(by plan: String, at moment: DecoderMoment) {
        guard let fault = planned(plan, for: moment.path), fault.frame == moment.frame else { return }
        fault.happen(at: moment)
    }

    /// Makes it happen, in the process that decodes. What is refused there, or possible against all rules, is told by the
    /// exit code or by the signal that ends the process.
    private func happen(at moment: DecoderMoment) {
        switch action {
        case .crash: UnsafeMutablePointer<UInt8>(bitPattern: 8)?.pointee = 1
        case .hang: while true { sleep(1000) }
        case .spin: while getpid() != 0 {}
        case .memory: takeAllMemory()
        case .garbage: _ = moment.send(Signal(.frame, slot: 1 << 40, index: -1, format: 99, count: .max))
        case .flood: while moment.send(Signal(.progress)) {}
        case .readError: Self.readsFail = true
        case .exit: _exit(Self.plannedExit)
        case .open: attempt { ccases_try_open("/etc/passwd") }
        case .socket: attempt { ccases_try_socket() }
        case .execute: attempt { ccases_try_execute("/bin/true") }
        case .fork: attempt { ccases_try_fork() }
        case .kill: attempt { ccases_try_kill(getppid()) }
        case .thread: attempt { ccases_try_thread() }
        case .executableMemory: attempt { ccases_try_executable_memory() }
        }
    }

    /// Ends the process, with the planned exit code where the attempt was refused.
    private func attempt(_ body: () -> Int32) {
        _exit(body() == 0 ? 0 : Self.plannedExit)
    }

    private func takeAllMemory() {
        let piece = 1 << 20
        while let memory = malloc(piece) { memset(memory, 1, piece) }
        _exit(DecoderSandbox.ExitCode.memory)
    }
}
