import AVPrepClips
package import AVPrepStore

/// Mean and deviation of each bin of a spectrogram over the training set: what the audio network's input is normalised
/// with. Taken once a run, stored with its weights, used wherever these are.
package struct SpectrogramStatistics: Sendable, Equatable, Codable {
    /// One number a bin.
    package var mean: [Float]
    /// One number a bin, > 0.
    package var deviation: [Float]

    /// Bins that never change (digital silence above a codec's cutoff) get this deviation: they stay near zero.
    static let smallestDeviation: Float = 1e-4

    package init(mean: [Float], deviation: [Float]) {
        precondition(mean.count == deviation.count && deviation.allSatisfy { $0 > 0 }, "no statistics")
        self.mean = mean
        self.deviation = deviation
    }

    /// What `avprep shard` has measured on the training shards, or the same measured now where the index lacks it.
    ///
    /// - Throws: ``TrainingError`` when the shards lack the spectrogram or hold no row of it.
    package static func training(_ name: String, of dataset: ShardDataset, in index: ShardIndex) throws
        -> SpectrogramStatistics
    {
        if let known = index.normalization?[name] {
            return SpectrogramStatistics(mean: known.mean, deviation: known.std)
        }
        return try measure(name, of: dataset)
    }

    /// Measures all segments of a set's shards.
    ///
    /// - Throws: ``TrainingError`` when the shards lack the spectrogram or hold no row of it.
    package static func measure(_ name: String, of dataset: ShardDataset) throws -> SpectrogramStatistics {
        let spectrogram = try dataset.spectrogram(name)
        var moments = BinMoments(bins: spectrogram.bins)
        for shard in dataset.shardNames.indices { moments.merge(try dataset.reader(shard).store.moments(spectrogram)) }
        guard moments.rows > 0 else {
            throw TrainingError(.data, "the shards in \(dataset.folder) hold no row of \(name); shard more videos")
        }
        return SpectrogramStatistics(mean: moments.mean, deviation: moments.deviation)
    }

    private init(mean: [Double], deviation: [Double]) {
        self.init(
            mean: mean.map { Float($0) }, deviation: deviation.map { max(Self.smallestDeviation, Float($0)) })
    }

    /// Takes mean and deviation out of rows, in place: `[frame, bin]`.
    func normalize(_ values: UnsafeMutableBufferPointer<Float>) {
        let bins = mean.count
        precondition(values.count % bins == 0, "half a row")
        for row in stride(from: 0, to: values.count, by: bins) {
            for bin in 0..<bins { values[row + bin] = (values[row + bin] - mean[bin]) / deviation[bin] }
        }
    }
}
