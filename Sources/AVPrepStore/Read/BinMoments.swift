import AVPrepModel

/// Mean and spread of each bin over the rows of a spectrogram, gathered piece by piece.
///
/// Pieces are summed up about their own mean and put together by Chan, Golub and LeVeque's rule ("Updating formulae and a
/// pairwise algorithm for computing sample variances", 1979), in double precision: no difference of large numbers. The
/// result depends on the pieces and their order alone, so whoever merges in one order gets one result, however many
/// threads have gathered.
package struct BinMoments: Sendable, Equatable {
    package private(set) var rows = 0
    /// One a bin.
    package private(set) var mean: [Double]
    /// Sum of the squared differences from the mean, one a bin.
    private var squares: [Double]

    package init(bins: Int) {
        mean = Array(repeating: 0, count: bins)
        squares = mean
    }

    /// Adds one piece, `[row, bin]`. Rows with a value that is not finite would spoil their bin for good; they are left out.
    package mutating func add(_ values: UnsafeBufferPointer<Float>) {
        let bins = mean.count
        precondition(values.count % bins == 0, "half a row")
        var piece = BinMoments(bins: bins)
        let starts = stride(from: 0, to: values.count, by: bins).filter { start in
            values[start..<start + bins].allSatisfy(\.isFinite)
        }
        guard !starts.isEmpty else { return }
        piece.rows = starts.count
        for start in starts {
            for bin in 0..<bins { piece.mean[bin] += Double(values[start + bin]) }
        }
        for bin in 0..<bins { piece.mean[bin] /= Double(starts.count) }
        for start in starts {
            for bin in 0..<bins {
                let difference = Double(values[start + bin]) - piece.mean[bin]
                piece.squares[bin] += difference * difference
            }
        }
        merge(piece)
    }

    /// Adds what others have gathered.
    package mutating func merge(_ other: BinMoments) {
        precondition(other.mean.count == mean.count, "moments of \(other.mean.count) bins with those of \(mean.count)")
        guard other.rows > 0 else { return }
        let total = Double(rows + other.rows)
        let share = Double(other.rows) / total
        for bin in mean.indices {
            let difference = other.mean[bin] - mean[bin]
            mean[bin] += difference * share
            squares[bin] += other.squares[bin] + difference * difference * Double(rows) * share
        }
        rows += other.rows
    }

    /// Standard deviation of each bin, over all rows (numpy's `std`).
    package var deviation: [Double] { squares.map { ($0 / Double(max(1, rows))).squareRoot() } }
}

extension StoreReader {
    /// The moments of a stored spectrogram over all segments of the file.
    ///
    /// What is done to clips as they are read (`SpectrogramClipRule`) is done to stretches of one second here, the last of a
    /// segment being shorter.
    package func moments(_ spectrogram: StoreLayout.Spectrogram) throws -> BinMoments {
        var moments = BinMoments(bins: spectrogram.bins)
        var values: [Float] = []
        for segment in segments {
            let rows = segment.spectrograms[spectrogram.name] ?? 0..<0
            if values.count < rows.count * spectrogram.bins {
                values = Array(repeating: 0, count: rows.count * spectrogram.bins)
            }
            try values.withUnsafeMutableBufferPointer { buffer in
                let buffer = UnsafeMutableBufferPointer(rebasing: buffer[..<(rows.count * spectrogram.bins)])
                try readSpectrogram(spectrogram.name, rows, into: buffer)
                if let rule = spectrogram.clipRule {
                    let step = spectrogram.clipRows(seconds: 1) * spectrogram.bins
                    for start in stride(from: 0, to: buffer.count, by: step) {
                        rule.apply(to: .init(rebasing: buffer[start..<min(start + step, buffer.count)]))
                    }
                }
                moments.add(UnsafeBufferPointer(buffer))
            }
        }
        return moments
    }
}
