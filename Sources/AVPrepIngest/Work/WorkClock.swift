import AVPrepMedia
import AVPrepModel
import Foundation

/// What a worker's thread does from moment to moment: it has two clocks read at each change, some hundred nanoseconds a
/// picture, beside milliseconds to prepare one.
final class WorkClock {
    enum Activity: Int, CaseIterable {
        /// Media are opened, read and decoded, or awaited from the process that does it.
        case input
        case compute
        /// The prepared file is written.
        case output
    }

    /// Seconds of one activity: all, and those of the processor.
    struct Span: Equatable {
        var wall = 0.0
        var cpu = 0.0
    }

    private var spans = Array(repeating: Span(), count: Activity.allCases.count)
    private var current = Activity.input
    private var since: (wall: Double, cpu: Double)

    init() { since = Self.now() }

    /// Begins another activity.
    ///
    /// - Returns: the one before.
    @discardableResult
    func begin(_ activity: Activity) -> Activity {
        let now = Self.now()
        spans[current.rawValue].wall += now.wall - since.wall
        spans[current.rawValue].cpu += now.cpu - since.cpu
        since = now
        defer { current = activity }
        return current
    }

    /// Runs `body` as one activity, and goes on with the one before.
    func during<Result>(_ activity: Activity, _ body: () throws -> Result) rethrows -> Result {
        let before = begin(activity)
        defer { begin(before) }
        return try body()
    }

    /// Begins anew, in `input`.
    ///
    /// - Returns: the seconds since it last began.
    func restart() -> StageSeconds.Measured {
        begin(.input)
        defer { spans = Array(repeating: Span(), count: spans.count) }
        return StageSeconds.Measured(
            input: spans[Activity.input.rawValue], compute: spans[Activity.compute.rawValue],
            output: spans[Activity.output.rawValue])
    }

    private static func now() -> (wall: Double, cpu: Double) {
        (seconds(of: CLOCK_MONOTONIC), seconds(of: CLOCK_THREAD_CPUTIME_ID))
    }

    /// 0 where the system does not count them.
    private static func seconds(of clock: clockid_t) -> Double {
        var time = timespec()
        guard clock_gettime(clock, &time) == 0 else { return 0 }
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}

/// Passes a decode pass on, as the activity `compute`.
final class ClockedConsumer: DecodeConsumer {
    private let clock: WorkClock
    private let consumer: any DecodeConsumer

    init(_ clock: WorkClock, _ consumer: any DecodeConsumer) {
        self.clock = clock
        self.consumer = consumer
    }

    func consume(frame picture: PixelBuffer, index: Int) throws {
        try clock.during(.compute) { try consumer.consume(frame: picture, index: index) }
    }

    func consume(samples: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) throws {
        try clock.during(.compute) {
            try consumer.consume(samples: samples, format: format, firstSample: firstSample)
        }
    }

    func consumeDiscontinuity(beforeFrame index: Int, seconds: Double) throws {
        try clock.during(.compute) { try consumer.consumeDiscontinuity(beforeFrame: index, seconds: seconds) }
    }

    func consume(repair: AudioRepair, ofFrame index: Int) throws {
        try clock.during(.compute) { try consumer.consume(repair: repair, ofFrame: index) }
    }
}
