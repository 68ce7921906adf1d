import Foundation

/// What ends the work on one file early: the user, or the time limit.
///
/// FFmpeg asks through its interrupt callback, our own loops through ``check()``.
final class DecodeBudget {
    private let path: String
    private let maxSeconds: Double
    private let isCancelled: @Sendable () -> Bool
    /// Seconds on the monotonic clock from which time counts; moved on by time spent elsewhere.
    private var start = DecodeBudget.now()

    init(path: String, maxSeconds: Double, isCancelled: @escaping @Sendable () -> Bool) {
        self.path = path
        self.maxSeconds = maxSeconds
        self.isCancelled = isCancelled
    }

    /// Whether the work is to end.
    var isExhausted: Bool { isCancelled() || isLate }

    /// - Throws: `CancellationError` when cancelled, ``MediaError`` with `limit` when the time is up.
    func check() throws {
        if isCancelled() { throw CancellationError() }
        if isLate {
            throw MediaError(
                .limit, "\(path) takes longer than \(maxSeconds) s to decode; raise the limit or leave it out")
        }
    }

    /// Runs what is not decoding, and so does not count against the time limit: a consumer that waits or computes.
    func excluding<Result>(_ body: () throws -> Result) rethrows -> Result {
        let before = Self.now()
        defer { start += Self.now() - before }
        return try body()
    }

    private var isLate: Bool { Self.now() - start > maxSeconds }

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
