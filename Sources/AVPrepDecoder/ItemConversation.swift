import AVPrepMedia
import CSandbox
import Foundation

/// The talk with the process that decodes one file: waits for it, measures the time that takes, and when it fails says
/// why. Whatever the other side says is looked at as if a hostile file had written it.
final class ItemConversation {
    /// What may come from the other side.
    enum Incoming {
        case signal(Signal)
        case reply(Reply)
    }

    let path: String
    let limits: MediaLimits
    /// CPU time of the process; known when it has ended.
    private(set) var cpuSeconds = 0.0
    private let host: DecoderClient
    private let fileSize: Int
    private let isCancelled: @Sendable () -> Bool
    /// nil once the process has ended.
    private var channel: Channel?
    /// Why it ended before its time: thrown by whatever is asked after that.
    private var failure: (any Error)?
    private var waitedSeconds = 0.0

    /// How often the user is asked whether it is still wanted, in milliseconds.
    private static let askMilliseconds: Int32 = 50
    /// What a process has in memory before it sees a file, and a little more.
    private static let libraryBytes = 64 << 20
    /// Longer than this a wait is no wait, but this process that was stopped or asleep: it counts as so many seconds.
    private static let longestSlice = 1.0

    init(
        _ host: DecoderClient, _ file: LocalFile, limits: MediaLimits, isCancelled: @escaping @Sendable () -> Bool
    ) throws {
        self.host = host
        path = file.path
        fileSize = file.size
        self.limits = limits
        self.isCancelled = isCancelled
        channel = try host.begin(file, limits)
    }

    deinit { finish() }

    /// Lets the process end, and learns what it has used.
    func finish() {
        if channel != nil { _ = end(isAtOnce: false) }
    }

    /// Asks the process something.
    func send(_ request: Request, memory: SharedMemory? = nil) throws {
        guard let channel else { throw failure ?? Self.closed(path) }
        let descriptors = memory?.descriptor.map { [$0] } ?? []
        // It waits for a request, so there is room for one. Where there is nobody, the answer will tell.
        _ = channel.send(request, descriptors: descriptors, waits: false)
    }

    /// Tells the process that its oldest messages are done with.
    ///
    /// - Throws: ``MediaError`` with `untrustworthy` when it does not listen, though it cannot go on without.
    func release(_ count: Int) throws {
        guard let channel else { throw failure ?? Self.closed(path) }
        let isFull = !channel.send(Signal(.release, count: count), waits: false) && errno == EAGAIN
        if isFull { throw fail(untrustworthy("does not listen")) }
    }

    /// Waits for the next message.
    ///
    /// - Throws: ``MediaError`` when the process fails, ends, takes too long or talks nonsense, `CancellationError`.
    ///   After that the process is gone.
    func next() throws -> Incoming {
        var stalledSeconds = 0.0
        while true {
            guard let channel else { throw failure ?? Self.closed(path) }
            if isCancelled() { throw fail(CancellationError()) }
            let before = ContinuousClock.now
            let isReadable = channel.isReadable(withinMilliseconds: Self.askMilliseconds)
            let slice = min((ContinuousClock.now - before).inSeconds, Self.longestSlice)
            waitedSeconds += slice
            stalledSeconds += slice
            let maxSeconds = limits.seconds(forBytes: fileSize)
            if waitedSeconds > maxSeconds { throw fail(MediaError.tooSlow(path, seconds: maxSeconds)) }
            if stalledSeconds > limits.maxStallSeconds {
                throw fail(
                    MediaError(
                        .timeLimit,
                        "decoding \(path) does not get on for \(limits.maxStallSeconds) s; raise limits.max_stall_seconds "
                            + "or leave it out"))
            }
            guard isReadable else { continue }
            var isMessage = false
            let incoming = channel.receive { bytes, _ -> Incoming? in
                isMessage = true
                return Signal(bytes).map(Incoming.signal) ?? Reply(bytes).map(Incoming.reply)
            }
            switch incoming {
            case .signal(let signal) where signal.kind == .progress:
                stalledSeconds = 0
            case .reply(.failure(let code, let text)):
                throw fail(stated(code, text))
            case .some(let incoming):
                return incoming
            case nil:
                if isMessage { throw fail(untrustworthy("says what is no message")) }
                let report = end(isAtOnce: false)
                throw fail(explanation(of: report))
            }
        }
    }

    /// Ends the process at once, for good.
    ///
    /// - Returns: `error`, for who throws it.
    func fail(_ error: any Error) -> any Error {
        failure = failure ?? error
        if channel != nil { _ = end(isAtOnce: true) }
        return error
    }

    /// - Parameter what: the rule that the process broke, as a verb with its object.
    func untrustworthy(_ what: String) -> MediaError {
        MediaError(
            .untrustworthy, "the decoder process of \(path) \(what): the file has broken it; leave it out")
    }

    private func end(isAtOnce: Bool) -> ItemReport? {
        channel = nil
        let report = host.end(isAtOnce: isAtOnce)
        cpuSeconds += report.map { max(0, $0.cpuSeconds) } ?? 0
        return report
    }

    /// What the process itself says is wrong with the file, in one line of bounded length.
    private func stated(_ code: MediaError.Code, _ text: String) -> any Error {
        switch code {
        case .unreadable, .notMedia, .unsupported, .corrupt, .limit, .memoryLimit: break
        case .timeLimit, .crashed, .untrustworthy, .encode: return untrustworthy("says what only others can know")
        }
        let line = text.unicodeScalars.prefix(1000).map {
            $0.properties.generalCategory == .control ? " " : Character($0)
        }
        let words = String(line)
        return MediaError(code, words.contains(path) ? words : "\(path): \(words)")
    }

    /// Why a process ended that nobody told to.
    private func explanation(of report: ItemReport?) -> MediaError {
        guard let report else {
            return MediaError(.crashed, "the decoder process of \(path) is gone; leave it out if it happens again")
        }
        let memoryBytes = limits.maxMemoryMegabytes << 20
        if report.exitCode == Int(DecoderSandbox.ExitCode.memory) {
            return .tooLarge(path, megabytes: limits.maxMemoryMegabytes)
        }
        guard let signal = report.signal.map(Int32.init(truncatingIfNeeded:)) else {
            return untrustworthy("ends without a word (exit code \(report.exitCode ?? -1))")
        }
        let maxCPUSeconds = limits.cpuSeconds(forBytes: fileSize)
        let isLate = signal == SIGXCPU || signal == SIGKILL && report.cpuSeconds >= maxCPUSeconds
        if isLate { return .tooMuchWork(path, seconds: maxCPUSeconds) }
        if signal == SIGKILL {
            return MediaError(
                .memoryLimit,
                "the system killed the decoder process of \(path), most likely for want of memory; use fewer workers or lower limits.max_memory_mb"
            )
        }
        // Where memory is refused, code that did not expect it crashes.
        if signal != SIGSYS, report.peakBytes > memoryBytes / 4 * 3 + Self.libraryBytes {
            return .tooLarge(path, megabytes: limits.maxMemoryMegabytes)
        }
        let what = signal == SIGSYS ? "had its decoder process try what it must not" : "crashed its decoder process"
        return MediaError(
            .crashed, "\(path) \(what) (\(Self.name(of: signal))); leave it out, or mend it with another program")
    }

    private static func closed(_ path: String) -> MediaError {
        MediaError(.crashed, "the decoder process of \(path) has ended")
    }

    private static func name(of signal: Int32) -> String {
        let names = [
            SIGSEGV: "SIGSEGV", SIGBUS: "SIGBUS", SIGILL: "SIGILL", SIGTRAP: "SIGTRAP", SIGABRT: "SIGABRT",
            SIGFPE: "SIGFPE", SIGSYS: "SIGSYS", SIGTERM: "SIGTERM",
        ]
        return names[signal] ?? "signal \(signal)"
    }
}

extension Duration {
    fileprivate var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
