/// The stretches of time in which a condition holds, e.g. silence: their number, their total length, and the first of
/// them.
struct Stretches: Sendable, Equatable, Codable {
    /// A stretch `[start, end)`, in seconds of presentation time.
    struct Stretch: Sendable, Equatable, Codable {
        let startSeconds: Double
        let endSeconds: Double
    }

    /// The number of stretches, listed or not.
    var count = 0
    /// Their total length.
    var totalSeconds = 0.0
    var longestSeconds = 0.0
    /// The first stretches, at most ``listLimit``.
    var list: [Stretch] = []

    /// Largest number of stretches listed, however long the video.
    static let listLimit = 1000
}

/// Merges adjacent times into stretches, and leaves out stretches that are too short.
struct StretchFinder {
    private(set) var found = Stretches()
    private let leastSeconds: Double
    private var open: (start: Double, end: Double)?

    /// - Parameter leastSeconds: shorter stretches are left out.
    init(leastSeconds: Double) { self.leastSeconds = leastSeconds }

    /// States whether the condition holds in `[start, end)`, which follows the previous range.
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
