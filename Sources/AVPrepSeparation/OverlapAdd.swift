/// Joins windows of sound that overlap, without seams: each window fades in and out, and weights of a sample sum to 1.
///
/// Only what a later window may still reach is kept.
struct OverlapAdd {
    /// Samples of a window.
    let window: Int
    private let fade: [Float]
    private var sums: [Float] = []
    private var weights: [Float] = []
    /// Number of the first sample that is kept.
    private var first = 0
    private var lastStart = 0

    /// Samples that are kept.
    var held: Int { sums.count }

    /// - Parameter window: samples of each window, ≥ 1.
    init(window: Int) {
        precondition(window > 0, "windows of \(window) samples")
        self.window = window
        // A triangle that is nowhere 0: a sample that one window alone reaches is that window's.
        fade = (0..<window).map { Float(min($0 + 1, window - $0)) / Float((window + 1) / 2) }
    }

    /// Adds a window whose first sample is number `start`, not before that of the window added last.
    mutating func add(_ samples: [Float], at start: Int) {
        precondition(samples.count == window && start >= lastStart, "a window of \(samples.count) samples at \(start)")
        lastStart = start
        let missing = start + window - first - sums.count
        if missing > 0 {
            sums.append(contentsOf: repeatElement(0, count: missing))
            weights.append(contentsOf: repeatElement(0, count: missing))
        }
        for index in 0..<window {
            sums[start - first + index] += samples[index] * fade[index]
            weights[start - first + index] += fade[index]
        }
    }

    /// Takes the samples before number `end`, which no later window reaches; where no window was, silence.
    mutating func take(before end: Int) -> [Float] {
        let count = max(0, end - first)
        let known = min(count, sums.count)
        var samples = [Float](repeating: 0, count: count)
        for index in 0..<known where weights[index] > 0 { samples[index] = sums[index] / weights[index] }
        sums.removeFirst(known)
        weights.removeFirst(known)
        first += count
        return samples
    }
}
