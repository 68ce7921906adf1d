import AVPrepCore
import AVPrepWorkspace
import Foundation

/// The signals that ask a command to stop, from its first moment: SIGINT, SIGTERM, SIGUSR1 (with which schedulers announce that
/// the time is nearly over) and SIGHUP. The first one asks the work to end, and ends the process itself where the work does
/// not hear it in time (a read that hangs, a wait for another process, a long computation). A SIGINT after it ends the
/// process at once: somebody does not want to wait. Schedulers send several of the others, one soon after the other or to
/// several processes that pass them on: these change nothing.
///
/// That is safe at any moment, as `kill -9` is: every file appears by a rename, and the catalog by transactions.
enum StopSignals {
    private static let statuses: [Int32: ExitStatus] = [
        SIGINT: .interrupted, SIGTERM: .terminated, SIGUSR1: .terminated, SIGHUP: .hungUp,
    ]

    /// Starts to listen. Call it before other threads are started, which inherit that the signals are blocked. They are not
    /// ignored: ignoring a signal would drop one that has come and waits.
    static func listen() {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in statuses.keys where number != SIGHUP || !isIgnored(SIGHUP) { sigaddset(&signals, number) }
        let status = pthread_sigmask(SIG_BLOCK, &signals, nil)
        precondition(status == 0, "the signals exist")
        let waiting = signals
        // A thread of its own: Dispatch's may all be waiting for what hangs.
        Thread.detachNewThread { wait(for: waiting) }
    }

    /// `nohup` and shells that detach their jobs have SIGHUP ignored: it does not concern the work then.
    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    /// The next signal from outside.
    ///
    /// When the program crashes, Swift's runtime stops all threads by signals from within, before it says what happened: this
    /// thread passes its own on to the runtime's handler, or a crash would look like a request to stop.
    private static func next(of signals: inout sigset_t) -> Int32 {
        var information = siginfo_t()
        while true {
            let number = sigwaitinfo(&signals, &information)
            guard number > 0 else { continue }
            guard information._sifields._kill.si_pid == getpid() else { return number }
            var own = sigset_t()
            sigemptyset(&own)
            sigaddset(&own, number)
            guard pthread_sigmask(SIG_UNBLOCK, &own, nil) == 0, pthread_kill(pthread_self(), number) == 0 else {
                return number
            }
        }
    }

    private static func wait(for signals: sigset_t) {
        var signals = signals
        let number = next(of: &signals)
        let status = statuses[number] ?? .failed
        Session.cancellation.cancel(status)
        let begin = ContinuousClock.now
        while ContinuousClock.now - begin < .seconds(Session.cancellation.graceSeconds) {
            var pause = timespec(tv_sec: 0, tv_nsec: 50_000_000)
            if sigtimedwait(&signals, nil, &pause) == SIGINT { break }
        }
        if let log = Session.log {
            let values: [String: JSONValue] = ["exit_code": .integer(Int(status.rawValue))]
            log.write("end", .warning, values)
            _exit(status.rawValue)
        }
        let line = "avprep: stopped; repeat the command to continue\n"
        // Where nobody can be told, the exit code tells.
        _ = write(STDERR_FILENO, line, line.utf8.count)
        _exit(status.rawValue)
    }
}
