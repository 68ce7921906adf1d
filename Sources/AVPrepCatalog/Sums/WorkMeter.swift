package import AVPrepCore
package import AVPrepModel
import Synchronization

/// Adds up what a run does, from any thread, and notes it in the catalog every few seconds: `avprep status` of another
/// process sees it there.
package final class WorkMeter: Sendable {
    /// Seconds between notes: each waits for the disk.
    static let interval = 5.0

    private struct State {
        var work = RunWork()
        var noted = ContinuousClock.now
        var preparing: ContinuousClock.Instant?
    }

    private let catalog: Catalog
    private let run: Int64
    private let begun = ContinuousClock.now
    private let state = Mutex(State())

    package init(_ catalog: Catalog, run: Int64) {
        self.catalog = catalog
        self.run = run
    }

    /// What was added up so far.
    package var work: RunWork { state.withLock { current($0) } }

    /// Adds something; the sum is noted if the last note is some seconds old.
    package func add(_ change: (inout RunWork) -> Void) throws {
        let due = state.withLock { state -> RunWork? in
            change(&state.work)
            let now = ContinuousClock.now
            guard (now - state.noted) / .seconds(1) >= Self.interval else { return nil }
            state.noted = now
            return current(state)
        }
        if let due { try catalog.noteWork(due, ofRun: run) }
    }

    package func add(_ outcome: Outcome) throws {
        try add { work in
            switch outcome {
            case .done: work[.done] += 1
            case .skipped: work[.skipped] += 1
            case .failed: work[.failed] += 1
            }
        }
    }

    /// Says what is to be prepared; from now on the time counts for rates.
    package func plan(videos: Int, bytes: Int64, workers: Int) throws {
        state.withLock { state in
            state.preparing = .now
            state.work[.plannedVideos] = Double(videos)
            state.work[.plannedBytes] = Double(bytes)
            state.work[.workers] = Double(workers)
        }
        try note()
    }

    /// All is prepared: the time does not count for rates any more.
    package func endPreparing() {
        state.withLock { state in
            state.work = current(state)
            state.preparing = nil
        }
    }

    package func note() throws { try catalog.noteWork(work, ofRun: run) }

    /// Notes the end of the run.
    package func end(_ status: ExitStatus) throws {
        try note()
        try catalog.endRun(run, status)
    }

    /// Records a run that an error ends, as far as the catalog still takes it.
    package func end(after error: any Error, _ cancellation: Cancellation) {
        let status = cancellation.requested ?? (error as? any ActionableError)?.exitStatus ?? .failed
        try? note()
        try? catalog.endRun(run, status)
    }

    private func current(_ state: State) -> RunWork {
        var work = state.work
        let now = ContinuousClock.now
        work[.elapsed] = (now - begun) / .seconds(1)
        if let begin = state.preparing { work[.preparing] = (now - begin) / .seconds(1) }
        return work
    }
}
