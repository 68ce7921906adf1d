import Foundation

/// The conditions that stop the work on one file early: cancellation by the user, or a limit.
///
/// FFmpeg checks them through its interrupt callback, our own loops through ``check()``.
final class DecodeBudget {
    private let path: String
    private let limits: MediaLimits
    private let maxSeconds: Double
    private let isCancelled: @Sendable () -> Bool
    private let onProgress: @Sendable () -> Void
    private(set) var packetCount = 0
    /// Start of the measured time, in seconds on the monotonic clock; moved forward by time spent elsewhere.
    private var start = DecodeBudget.now()

    /// - Parameter onProgress: called for each packet that was read.
    init(
        _ file: LocalFile, limits: MediaLimits, isCancelled: @escaping @Sendable () -> Bool,
        onProgress: @escaping @Sendable () -> Void
    ) {
        path = file.path
        self.limits = limits
        maxSeconds = limits.seconds(forBytes: file.size)
        self.isCancelled = isCancelled
        self.onProgress = onProgress
    }

    /// Whether the work must stop.
    var isExhausted: Bool { isCancelled() || isLate }

    /// - Throws: `CancellationError` when cancelled, ``MediaError`` with `timeLimit` when the time limit is exceeded.
    func check() throws {
        if isCancelled() { throw CancellationError() }
        if isLate { throw MediaError.tooSlow(path, seconds: maxSeconds) }
    }

    /// Counts a packet.
    ///
    /// - Throws: ``MediaError`` with `limit` when there are too many.
    func countPacket() throws {
        packetCount += 1
        guard packetCount <= limits.maxPackets else {
            throw MediaError(
                .limit,
                "\(path) has more packets than ingest.limits.max_packets (\(limits.maxPackets)); raise it or leave the file out"
            )
        }
        onProgress()
    }

    /// - Parameter seconds: position of the pass.
    /// - Throws: ``MediaError`` with `limit` when it exceeds the longest permitted duration.
    func check(passSeconds seconds: Double) throws {
        guard seconds <= limits.maxHours * 3600 else { throw MediaError.tooLong(path, hours: limits.maxHours) }
    }

    /// Runs work that does not count against the time limit: a consumer that waits or computes.
    func excluding<Result>(_ body: () throws -> Result) rethrows -> Result {
        let before = Self.now()
        defer { start += Self.now() - before }
        return try body()
    }

    private var isLate: Bool { Self.now() - start > maxSeconds }

    private static func now() -> Double {
        var time = timespec()
        let status = clock_gettime(CLOCK_MONOTONIC, &time)
        precondition(status == 0, "every system has this clock")
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
