import AVPrepMedia
import CSandbox
import Foundation

/// The client's side of the connection to the process that decodes one file: it waits for messages, measures the
/// waiting time, and explains failures. It treats every message as if a hostile file had written it.
final class DecoderSession {
    /// A message from the process.
    enum Incoming {
        case signal(Signal)
        case reply(Reply)
    }

    let path: String
    let limits: MediaLimits
    /// CPU time of the process, in seconds; known when it has ended.
    private(set) var cpuSeconds = 0.0
    private let client: DecoderClient
    private let fileSize: Int
    private let isCancelled: @Sendable () -> Bool
    /// Nil once the process has ended.
    private var channel: Channel?
    /// Why the process ended early: thrown by every later request.
    private var failure: (any Error)?
    private var waitedSeconds = 0.0

    /// Interval at which the user's cancellation is checked, in milliseconds.
    private static let askMilliseconds: Int32 = 50
    /// Memory of a process before it reads a file, rounded up.
    private static let libraryBytes = 64 << 20
    /// A longer wait means that this process was stopped or asleep; it counts as this many seconds.
    private static let longestSlice = 1.0

    init(
        _ client: DecoderClient, _ file: LocalFile, limits: MediaLimits, isCancelled: @escaping @Sendable () -> Bool
    ) throws {
        self.client = client
        path = file.path
        fileSize = file.size
        self.limits = limits
        self.isCancelled = isCancelled
        channel = try client.begin(file, limits)
    }

    deinit { finish() }

    /// Lets the process end, and records the CPU time it used.
    func finish() {
        if channel != nil { _ = end(isAtOnce: false) }
    }

    /// Sends a request to the process.
    func send(_ request: Request, memory: SharedMemory? = nil) throws {
        guard let channel else { throw failure ?? Self.closed(path) }
        let descriptors = memory?.descriptor.map { [$0] } ?? []
        // The process waits for a request, so the socket has room. If the process is gone, the next reply shows it.
        _ = channel.send(request, descriptors: descriptors, waits: false)
    }

    /// Tells the process that its oldest messages have been consumed.
    ///
    /// - Throws: ``MediaError`` with `untrustworthy` when the process does not read, though it must before it can
    ///   continue.
    func release(_ count: Int) throws {
        guard let channel else { throw failure ?? Self.closed(path) }
        let isFull = !channel.send(Signal(.release, count: count), waits: false) && errno == EAGAIN
        if isFull { throw fail(untrustworthy("does not read its messages")) }
    }

    /// Waits for the next message.
    ///
    /// - Throws: ``MediaError`` when the process fails, ends, takes too long or sends an invalid message;
    ///   `CancellationError`. After that the process is gone.
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
                        "decoding \(path) made no progress for \(limits.maxStallSeconds) s; raise ingest.limits.max_stall_seconds "
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
                if isMessage { throw fail(untrustworthy("sent an invalid message")) }
                let report = end(isAtOnce: false)
                throw fail(explanation(of: report))
            }
        }
    }

    /// Kills the process.
    ///
    /// - Returns: `error`, for the caller to throw.
    func fail(_ error: any Error) -> any Error {
        failure = failure ?? error
        if channel != nil { _ = end(isAtOnce: true) }
        return error
    }

    /// - Parameter what: the rule that the process broke, as a verb with its object, in the past or present tense.
    func untrustworthy(_ what: String) -> MediaError {
        MediaError(
            .untrustworthy, "the decoder process of \(path) \(what): the file has corrupted it; leave it out")
    }

    private func end(isAtOnce: Bool) -> SandboxReport? {
        channel = nil
        let report = client.end(isAtOnce: isAtOnce)
        cpuSeconds += report.map { max(0, $0.cpuSeconds) } ?? 0
        return report
    }

    /// The error that the process itself reports, in one line of bounded length.
    private func stated(_ code: MediaError.Code, _ text: String) -> any Error {
        switch code {
        case .unreadable, .readError, .changing, .notMedia, .empty, .pointer, .errorPage, .archive, .unsupported,
            .encrypted,
            .corrupt, .limit, .memoryLimit:
            break
        case .timeLimit, .crashed, .killed, .untrustworthy, .encode:
            return untrustworthy("reported an error only a client can")
        }
        let line = text.unicodeScalars.prefix(1000).map {
            $0.properties.generalCategory == .control ? " " : Character($0)
        }
        let words = String(line)
        return MediaError(code, words.contains(path) ? words : "\(path): \(words)")
    }

    /// Why a process ended without being told to.
    private func explanation(of report: SandboxReport?) -> MediaError {
        guard let report else {
            return MediaError(.crashed, "the decoder process of \(path) is gone; leave it out if it happens again")
        }
        let memoryBytes = limits.maxMemoryMegabytes << 20
        if report.exitCode == Int(DecoderSandbox.ExitCode.memory) {
            return .tooLarge(path, megabytes: limits.maxMemoryMegabytes)
        }
        guard let signal = report.signal.map(Int32.init(truncatingIfNeeded:)) else {
            return untrustworthy("ended without a message (exit code \(report.exitCode ?? -1))")
        }
        let maxCPUSeconds = limits.cpuSeconds(forBytes: fileSize)
        let isLate = signal == SIGXCPU || signal == SIGKILL && report.cpuSeconds >= maxCPUSeconds
        if isLate { return .tooMuchWork(path, seconds: maxCPUSeconds) }
        if signal == SIGKILL {
            return MediaError(
                .killed,
                "the system killed the decoder process of \(path), most likely for lack of memory; use fewer workers or lower ingest.limits.max_memory_mb"
            )
        }
        // Code that does not expect a failed allocation crashes.
        if signal != SIGSYS, report.peakBytes > memoryBytes / 4 * 3 + Self.libraryBytes {
            return .tooLarge(path, megabytes: limits.maxMemoryMegabytes)
        }
        let what =
            signal == SIGSYS
            ? "made its decoder process attempt a forbidden system call" : "crashed its decoder process"
        return MediaError(
            .crashed, "\(path) \(what) (\(Self.name(of: signal))); leave it out, or repair it with another program")
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
