import AVPrepModel
package import AVPrepStore

/// The sound clip of a pair as rows of a stored spectrogram.
package struct SpectrogramClip: Sendable {
    package let shard: ShardReader
    package let spectrogram: StoreLayout.Spectrogram
    /// The rows of /audio/NAME that are its own: all that it has, or fewer where its segment ends early.
    package let rows: Range<Int>
    /// Nil where the segment ends too early for the clip.
    private let window: SpectrogramWindow?

    init(
        _ shard: ShardReader, _ stored: StoredSegment, _ spectrogram: StoreLayout.Spectrogram, start: Double,
        seconds: Double
    ) {
        self.shard = shard
        self.spectrogram = spectrogram
        let own = stored.spectrograms[spectrogram.name] ?? 0..<0
        window = SpectrogramWindow(of: spectrogram, start: start, seconds: seconds, available: own.count)
        let held = SpectrogramWindow.rows(of: spectrogram, start: start, seconds: seconds, available: own.count)
        rows = own.lowerBound + held.lowerBound..<own.lowerBound + held.upperBound
    }

    /// Rows of the whole clip; nil where its segment ends too early for it.
    package var rowCount: Int? { window?.count }

    /// Reads the clip as a network takes it, `[row, bin]`: rows that its kind lacks at the segment's end are the last one,
    /// and what looks at the clip's loudest value is done.
    ///
    /// - Parameter values: exactly ``rowCount`` times the bins; ``rowCount`` must not be nil.
    /// - Throws: `StoreError` when the file cannot be read.
    package func read(into values: UnsafeMutableBufferPointer<Float>) throws {
        let bins = spectrogram.bins
        precondition(window.map { $0.count * bins == values.count } == true, "a clip of another length")
        let stored = rows.count * bins
        try shard.store.readSpectrogram(
            spectrogram.name, rows, into: UnsafeMutableBufferPointer(rebasing: values[..<stored]))
        for index in stored..<values.count { values[index] = values[index - bins] }
        spectrogram.clipRule?.apply(to: values)
    }

    /// The stored values of ``rows``, `[row, bin]`, with nothing done to them.
    package func storedValues() throws -> [Float] { try shard.store.spectrogram(spectrogram.name, rows) }

    /// A clip of rows that lie in memory, as ``read(into:)`` makes one of stored rows.
    ///
    /// - Parameters:
    ///   - rows: `[row, bin]`, of the whole sound, before they are stored.
    ///   - spectrogram: how they would be stored.
    /// - Returns: `[row, bin]`; nil where the sound ends too early for the clip.
    package static func cut(
        _ rows: [Float], as spectrogram: StoreLayout.Spectrogram, start: Double, seconds: Double
    ) -> [Float]? {
        let bins = spectrogram.bins
        guard
            let window = SpectrogramWindow(
                of: spectrogram, start: start, seconds: seconds, available: rows.count / bins)
        else { return nil }
        var values = Array(rows[window.first * bins..<(window.first + window.stored) * bins])
        if spectrogram.storedType == .float16 {
            for index in values.indices { values[index] = Float(Float16(values[index])) }
        }
        for index in values.count..<window.count * bins { values.append(values[index - bins]) }
        values.withUnsafeMutableBufferPointer { spectrogram.clipRule?.apply(to: $0) }
        return values
    }
}
