/// Which stored spectrogram rows a sound clip is made of.
///
/// Row k of a segment belongs to the time `k / framesPerSecond` after its start. A clip begins at the row nearest to
/// its start and has `round(seconds · framesPerSecond)` rows, whatever the start: 1 s at 100 rows a second is always 100.
/// A spectrogram made without padding ends up to one window early; the last row is then repeated, for at most
/// ``longestRepeat`` seconds, or for a twentieth of the clip if that is longer. More is an error: sound is never made up.
struct SpectrogramWindow: Equatable {
    /// First row, within the segment.
    let first: Int
    /// Rows of the clip.
    let count: Int
    /// Rows of the clip that exist; the last of them stands in for the rest.
    let stored: Int

    /// The longest stretch of repeated rows, in seconds: FFT windows in use are shorter.
    static let longestRepeat = 0.064

    /// - Parameters:
    ///   - available: rows the segment has.
    /// - Returns: nil when the segment ends too early for the clip.
    init?(start: Double, seconds: Double, framesPerSecond: Double, available: Int) {
        count = Self.rowCount(seconds: seconds, framesPerSecond: framesPerSecond)
        // Stored tables may hold anything: what is not a place in the segment is refused before it becomes an integer.
        guard start >= 0, start * framesPerSecond < Double(available) else { return nil }
        first = Int((start * framesPerSecond).rounded())
        stored = min(count, available - first)
        let longest = Int(max(Self.longestRepeat * framesPerSecond, Double(count) / 20).rounded(.up))
        guard stored > 0, count - stored <= longest else { return nil }
    }

    /// Rows of a clip of so many seconds.
    static func rowCount(seconds: Double, framesPerSecond: Double) -> Int {
        max(1, Int((seconds * framesPerSecond).rounded()))
    }
}
