/// The sound of the segment in the making, in one format: samples from a moving start to the newest.
///
/// Sample n of the pass sits at `n / sampleRate`, so a segment's sound is a slice between two rounded places, and
/// neighbouring segments neither share nor lose a sample.
package struct SoundBuffer {
    package let sampleRate: Int
    package let channels: Int
    /// Interleaved, in [-1, 1].
    package private(set) var samples: [Float] = []
    /// The place of `samples[0]` in the pass, in sample frames.
    package private(set) var start = 0

    package init(sampleRate: Int, channels: Int) {
        self.sampleRate = sampleRate
        self.channels = channels
    }

    /// Adds what follows the newest sample.
    package mutating func append(_ more: UnsafeBufferPointer<Float>, at place: Int) {
        precondition(place == start + samples.count / channels, "samples that do not continue the previous ones")
        samples.append(contentsOf: more)
    }

    /// The place of a moment of the pass, in sample frames.
    package func place(of seconds: Double) -> Int { Int((seconds * Double(sampleRate)).rounded()) }

    /// Gives the sound of `[from, to)` seconds to `body`. What is missing at the end, for rounding, is silence.
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

    /// Forgets everything before a moment of the pass.
    package mutating func drop(before seconds: Double) {
        let count = min(max(0, place(of: seconds) - start), samples.count / channels)
        samples.removeFirst(count * channels)
        start += count
    }
}
