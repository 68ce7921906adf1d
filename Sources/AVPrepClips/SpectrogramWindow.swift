import AVPrepStore

/// Which stored spectrogram rows a sound clip is made of.
///
/// Row k of a segment belongs to the time `k / framesPerSecond` after its start. A clip begins at the row nearest to
/// its start, at most half a row from it, and has as many rows as its kind says, whatever the start: 1 s at 100 rows a
/// second is always 100, and L3-Net's 199. Rows that a kind lacks at a segment's end are the last one, repeated for at most
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
    init?(of spectrogram: StoreLayout.Spectrogram, start: Double, seconds: Double, available: Int) {
        let framesPerSecond = spectrogram.framesPerSecond
        count = spectrogram.clipRows(seconds: seconds)
        // Stored tables may hold anything: what is not a place in the segment is refused before it becomes an integer.
        guard start >= 0, start * framesPerSecond < Double(available) else { return nil }
        let rows = Self.rows(of: spectrogram, start: start, seconds: seconds, available: available)
        (first, stored) = (rows.lowerBound, rows.count)
        let longest = Int(max(Self.longestRepeat * framesPerSecond, Double(count) / 20).rounded(.up))
        guard stored > 0, count - stored <= longest else { return nil }
    }

    /// The rows of a clip that its segment has, however few.
    ///
    /// - Parameter start: a place in the segment, in seconds, ≥ 0.
    static func rows(of spectrogram: StoreLayout.Spectrogram, start: Double, seconds: Double, available: Int)
        -> Range<Int>
    {
        let first = Int(min(Double(available), (start * spectrogram.framesPerSecond).rounded()))
        return first..<first + min(spectrogram.clipRows(seconds: seconds), available - first)
    }
}
