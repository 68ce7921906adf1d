/// Stretches of time in which something holds, e.g. silence: how many, how long together, and the first of them.
struct Stretches: Sendable, Equatable, Codable {
    /// A stretch `[start, end)` in seconds on the presentation clock.
    struct Stretch: Sendable, Equatable, Codable {
        let startSeconds: Double
        let endSeconds: Double
    }

    /// All of them, listed or not.
    var count = 0
    /// Their lengths together.
    var totalSeconds = 0.0
    var longestSeconds = 0.0
    /// The first ones, ``listLimit`` at most.
    var list: [Stretch] = []

    /// However long a video is, no more are listed.
    static let listLimit = 1000
}

/// Joins moments into stretches, and leaves out what is too short to mean anything.
struct StretchFinder {
    private(set) var found = Stretches()
    private let leastSeconds: Double
    private var open: (start: Double, end: Double)?

    /// - Parameter leastSeconds: shorter stretches are none.
    init(leastSeconds: Double) { self.leastSeconds = leastSeconds }

    /// Says whether it holds in the stretch `[start, end)`, which follows the one before.
    mutating func push(_ holds: Bool, from start: Double, to end: Double) {
        if holds {
            open = (open?.start ?? start, end)
        } else {
            finish()
        }
    }

    /// Ends a stretch that is still open.
    mutating func finish() {
        guard let stretch = open else { return }
        open = nil
        let seconds = stretch.end - stretch.start
        guard seconds >= leastSeconds - 1e-9 else { return }
        found.count += 1
        found.totalSeconds += seconds
        found.longestSeconds = max(found.longestSeconds, seconds)
        if found.list.count < Stretches.listLimit {
            found.list.append(.init(startSeconds: stretch.start, endSeconds: stretch.end))
        }
    }
}
