import CSandbox
import Foundation

extension DecoderFault {
    /// Makes it happen, in the process that decodes. What is refused there, or possible against all rules, is told by the
    /// exit code or by the signal that ends the process.
    func happen(on channel: Channel, _ path: String) {
        switch action {
        case .crash: UnsafeMutablePointer<UInt8>(bitPattern: 8)?.pointee = 1
        case .hang: while true { sleep(1000) }
        case .spin: while getpid() != 0 {}
        case .memory: takeAllMemory()
        case .garbage: _ = channel.send(Signal(.frame, slot: 1 << 40, index: -1, format: 99, count: .max))
        case .flood: while channel.send(Signal(.progress)) {}
        case .exit: _exit(DecoderSandbox.ExitCode.planned)
        case .open: attempt { avprep_try_open("/etc/passwd") }
        case .socket: attempt { avprep_try_socket() }
        case .execute: attempt { avprep_try_execute("/bin/true") }
        case .fork: attempt { avprep_try_fork() }
        case .kill: attempt { avprep_try_kill(getppid()) }
        case .thread: attempt { avprep_try_thread() }
        case .executableMemory: attempt { avprep_try_executable_memory() }
        }
    }

    /// Ends the process, with `planned` where the attempt was refused.
    private func attempt(_ body: () -> Int32) {
        _exit(body() == 0 ? 0 : DecoderSandbox.ExitCode.planned)
    }

    private func takeAllMemory() {
        let piece = 1 << 20
        while let memory = malloc(piece) { memset(memory, 1, piece) }
        _exit(DecoderSandbox.ExitCode.memory)
    }
}
