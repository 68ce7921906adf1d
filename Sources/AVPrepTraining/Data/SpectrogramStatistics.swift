import AVPrepStore

/// Mean and deviation of each bin of a spectrogram over the training set: what the audio network's input is normalised
/// with. Measured once a run, stored with its weights, used wherever these are.
package struct SpectrogramStatistics: Sendable, Equatable, Codable {
    /// One number a bin.
    package var mean: [Float]
    /// One number a bin, > 0.
    package var deviation: [Float]

    /// Segments that are measured at most: of a larger set, that many at even distances.
    static let segmentLimit = 2000
    /// Bins that never change (digital silence above a codec's cutoff) get this deviation: they stay near zero.
    static let smallestDeviation: Float = 1e-4

    package init(mean: [Float], deviation: [Float]) {
        precondition(mean.count == deviation.count && deviation.allSatisfy { $0 > 0 }, "no statistics")
        self.mean = mean
        self.deviation = deviation
    }

    /// Measures whole segments of a set's shards.
    ///
    /// - Throws: ``TrainingError`` when the shards lack the spectrogram or hold no row of it.
    package static func measure(_ name: String, of dataset: ShardDataset) throws -> SpectrogramStatistics {
        let bins = try dataset.spectrogram(name).bins
        let counts = dataset.shardNames.indices.map { dataset.reader($0).segments.count }
        let total = counts.reduce(0, +)
        let step = max(1, (total + segmentLimit - 1) / segmentLimit)
        var moments = Moments(bins: bins)
        var first = 0
        for (shard, count) in counts.enumerated() {
            let reader = dataset.reader(shard)
            for row in 0..<count where (first + row) % step == 0 {
                let values = try reader.spectrogram(name, reader.segments[row].spectrograms[name] ?? 0..<0)
                moments.add(values)
            }
            first += count
        }
        guard moments.rows > 0 else {
            throw TrainingError(.data, "the shards in \(dataset.folder) hold no row of \(name); shard more videos")
        }
        return moments.statistics
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

/// Sums of rows and of their squares, in double precision: exact enough for any corpus of log values.
private struct Moments {
    private(set) var rows = 0
    private var sums: [Double]
    private var squares: [Double]

    init(bins: Int) {
        sums = Array(repeating: 0, count: bins)
        squares = Array(repeating: 0, count: bins)
    }

    /// Adds rows `[frame, bin]`. A row with a value that is not finite would spoil its bin for good; it is left out.
    mutating func add(_ values: [Float]) {
        let bins = sums.count
        for row in stride(from: 0, to: values.count, by: bins) {
            guard values[row..<row + bins].allSatisfy(\.isFinite) else { continue }
            for bin in 0..<bins {
                let value = Double(values[row + bin])
                sums[bin] += value
                squares[bin] += value * value
            }
            rows += 1
        }
    }

    var statistics: SpectrogramStatistics {
        let mean = sums.map { $0 / Double(rows) }
        let deviation = zip(squares, mean).map { square, mean in
            max(
                SpectrogramStatistics.smallestDeviation, Float(max(0, square / Double(rows) - mean * mean).squareRoot())
            )
        }
        return SpectrogramStatistics(mean: mean.map { Float($0) }, deviation: deviation)
    }
}
