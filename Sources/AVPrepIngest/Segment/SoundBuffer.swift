/// The sound of the current segment in one format: a window of samples up to the newest one.
///
/// Sample n of the pass is at time `n / sampleRate`, so a segment's sound is a slice between two rounded positions, and
/// adjacent segments neither share nor lose a sample.
package struct SoundBuffer {
    package let sampleRate: Int
    package let channels: Int
    /// Interleaved, in [-1, 1].
    package private(set) var samples: [Float] = []
    /// Position of `samples[0]` in the pass, in sample frames.
    package private(set) var start = 0

    package init(sampleRate: Int, channels: Int) {
        self.sampleRate = sampleRate
        self.channels = channels
    }

    /// Appends samples after the newest one.
    package mutating func append(_ more: UnsafeBufferPointer<Float>, at place: Int) {
        precondition(place == start + samples.count / channels, "samples that do not continue the previous ones")
        samples.append(contentsOf: more)
    }

    /// Position of a time of the pass, in sample frames.
    package func place(of seconds: Double) -> Int { Int((seconds * Double(sampleRate)).rounded()) }

    /// Passes the sound of `[from, to)` seconds to `body`. Samples missing at the end due to rounding are zeros.
    package mutating func withSamples<Result>(
        from: Double, to: Double, _ body: (UnsafeBufferPointer<Float>) throws -> Result
    ) rethrows -> Result {
        let first = place(of: from) - start
        let end = place(of: to) - start
        precondition(first >= 0 && end >= first, "samples that were already dropped")
        if samples.count < end * channels {
            samples.append(contentsOf: repeatElement(0, count: end * channels - samples.count))
        }
        return try samples.withUnsafeBufferPointer {
            try body(UnsafeBufferPointer(rebasing: $0[first * channels..<end * channels]))
        }
    }

    /// Discards everything before a time of the pass.
    package mutating func drop(before seconds: Double) {
        let count = min(max(0, place(of: seconds) - start), samples.count / channels)
        samples.removeFirst(count * channels)
        start += count
    }
}
