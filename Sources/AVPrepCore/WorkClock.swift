import Foundation

/// What a worker's thread does from moment to moment: it has two clocks read at each change, some hundred nanoseconds a
/// picture, beside milliseconds to prepare one.
package final class WorkClock {
    package enum Activity: Int, CaseIterable {
        /// What is worked on is opened and read (and decoded), or awaited from who does it.
        case input
        case compute
        /// The result is written.
        case output
    }

    /// Seconds of one activity: all, and those of the processor.
    package struct Span: Equatable {
        package var wall = 0.0
        package var cpu = 0.0

        package init() {}
        package init(wall: Double, cpu: Double) { (self.wall, self.cpu) = (wall, cpu) }
        /// Without the processor.
        package var waiting: Double { max(0, wall - cpu) }
    }

    /// Seconds of each activity.
    package struct Measured {
        package var input = Span()
        package var compute = Span()
        package var output = Span()

        package init() {}
    }

    private var spans = Array(repeating: Span(), count: Activity.allCases.count)
    private var current = Activity.input
    private var since: (wall: Double, cpu: Double)

    package init() { since = Self.now() }

    /// Begins another activity.
    ///
    /// - Returns: the one before.
    @discardableResult
    package func begin(_ activity: Activity) -> Activity {
        let now = Self.now()
        spans[current.rawValue].wall += now.wall - since.wall
        spans[current.rawValue].cpu += now.cpu - since.cpu
        since = now
        defer { current = activity }
        return current
    }

    /// Runs `body` as one activity, and goes on with the one before.
    package func during<Result>(_ activity: Activity, _ body: () throws -> Result) rethrows -> Result {
        let before = begin(activity)
        defer { begin(before) }
        return try body()
    }

    /// Begins anew, in `input`.
    ///
    /// - Returns: the seconds since it last began.
    package func restart() -> Measured {
        begin(.input)
        defer { spans = Array(repeating: Span(), count: spans.count) }
        var measured = Measured()
        measured.input = spans[Activity.input.rawValue]
        measured.compute = spans[Activity.compute.rawValue]
        measured.output = spans[Activity.output.rawValue]
        return measured
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
