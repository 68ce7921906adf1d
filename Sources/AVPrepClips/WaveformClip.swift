import AVPrepStore

/// The sound clip of a pair as samples.
package struct WaveformClip: Sendable {
    package let shard: ShardReader
    /// Samples a second.
    package let sampleRate: Int
    package let channels: Int
    /// Its rows of /audio/pcm or /audio/NAME: from the sample nearest to its start, cut where its segment ends.
    package let rows: Range<Int>
    /// Nil for `pcm`.
    private let name: String?

    init?(_ shard: ShardReader, _ stored: StoredSegment, _ name: String?, start: Double, seconds: Double) {
        let own: Range<Int>
        if let name {
            guard let waveform = shard.layout.waveform(name) else { return nil }
            (sampleRate, channels) = (waveform.sampleRate, waveform.channels)
            own = stored.waveforms[name] ?? 0..<0
        } else {
            guard let pcm = shard.layout.pcm else { return nil }
            (sampleRate, channels) = (pcm.sampleRate, pcm.channels)
            own = stored.pcm
        }
        self.shard = shard
        self.name = name
        let first = min(own.count, Int((start * Double(sampleRate)).rounded()))
        let count = min(own.count - first, max(1, Int((seconds * Double(sampleRate)).rounded())))
        rows = own.lowerBound + first..<own.lowerBound + first + count
    }

    /// Gives `body` its samples, int16 `[sample, channel]`, valid during the call. No copy.
    ///
    /// - Throws: `StoreError` when the file cannot be read; what `body` throws.
    package func withSamples<Result>(_ body: (UnsafeBufferPointer<Int16>) throws -> Result) throws -> Result {
        guard let name else { return try shard.store.withPCM(rows, body) }
        return try shard.store.withWaveform(name, rows, body)
    }
}
