import CKernels

/// Triangular filters that map the bins of a Fourier spectrum to mel bands: the values of `librosa.filters.mel`.
///
/// Each triangle covers a few neighbouring bins, so only those are stored and multiplied: two weights per bin whatever
/// the number of bands, where a dense product takes one per bin and band.
struct MelFilterBank: Sendable {
    /// Number of bins of the spectrum, `n_fft / 2 + 1`.
    let bins: Int
    /// Frequency of each band's peak, in Hz.
    let centresHz: [Double]
    /// One filter per band. Its weights are zero-padded to whole vectors.
    private let filters: [ckernels_spectrum_filter]
    private let weights: [Float]

    private static let lanes = Int(CKERNELS_SPECTRUM_LANES)

    /// - Parameter settings: validated, of the kind `mel`.
    /// - Throws: ``AudioError`` with `emptyBand` where a triangle lies between two bins and the settings forbid it.
    init(_ settings: SpectrogramSettings) throws(AudioError) {
        bins = settings.fftLength / 2 + 1
        let binHz = Double(settings.sampleRate) / Double(settings.fftLength)
        let edges = settings.melScale.frequencies(
            count: settings.melBands + 2, from: settings.minFrequencyHz, to: settings.highestFrequencyHz)
        centresHz = Array(edges[1...settings.melBands])
        var filters: [ckernels_spectrum_filter] = []
        var weights: [Float] = []
        for band in 0..<settings.melBands {
            let (low, centre, high) = (edges[band], edges[band + 1], edges[band + 2])
            var firstBin = 0
            var triangle: [Float] = []
            // The triangle's bins lie in (low, high); one more on either side is harmless and avoids rounding problems.
            for bin in max(0, Int(low / binHz) - 1)..<min(bins, Int(high / binHz) + 2) {
                let frequency = Double(bin) * binHz
                let height = min((frequency - low) / (centre - low), (high - frequency) / (high - centre))
                guard height > 0 else { continue }
                if triangle.isEmpty { firstBin = bin }
                triangle.append(Float(height))
            }
            guard !triangle.isEmpty || settings.emptyBands == .zero else {
                throw AudioError(
                    .emptyBand,
                    "spectrogram \(settings.name): mel band \(band) of \(settings.melBands) (\(Self.text(low)) to "
                        + "\(Self.text(high)) Hz) holds no Fourier bin: the bins are \(Self.text(binHz)) Hz apart; "
                        + "lower n_mels, raise n_fft or fmin, or set empty_bands: zero")
            }
            let factor = settings.melNorm.factor(triangle, width: high - low)
            let first = weights.count
            weights += triangle.map { $0 * factor }
            while (weights.count - first) % Self.lanes != 0 { weights.append(0) }
            filters.append(
                ckernels_spectrum_filter(
                    first_bin: Int32(firstBin), first_weight: Int32(first), count: Int32(weights.count - first)))
        }
        self.filters = filters
        self.weights = weights
    }

    /// Number of bands.
    var bands: Int { filters.count }

    /// Number of values of a spectrum that ``project(_:count:into:)`` reads: the bins, followed by padding.
    var paddedBins: Int { bins + Self.lanes - 1 }

    /// Multiplies spectra by the filters.
    ///
    /// - Parameters:
    ///   - spectra: `[count, paddedBins]`, power or magnitude; values past `bins` must be finite.
    ///   - output: `[count, bands]`.
    func project(_ spectra: UnsafePointer<Float>, count: Int, into output: UnsafeMutablePointer<Float>) {
        ckernels_spectrum_filter_bank(
            spectra, Int64(paddedBins), Int64(count), filters, Int64(bands), weights, output)
    }

    /// The whole matrix, `[band, bin]`, row-major, as returned by `librosa.filters.mel`.
    var matrix: [Float] {
        var matrix = [Float](repeating: 0, count: bands * bins)
        for (row, filter) in filters.enumerated() {
            let first = Int(filter.first_bin)
            for index in 0..<Int(filter.count) where first + index < bins {
                matrix[row * bins + first + index] = weights[Int(filter.first_weight) + index]
            }
        }
        return matrix
    }

    private static func text(_ hertz: Double) -> String { "\((hertz * 10).rounded() / 10)" }
}

extension SpectrogramSettings.MelNorm {
    /// The normalisation factor of a triangle of height 1.
    ///
    /// - Parameter width: width of its base, in Hz.
    fileprivate func factor(_ triangle: [Float], width: Double) -> Float {
        let size: Double =
            switch self {
            case .slaney: width / 2
            case .none: 1
            case .sum: triangle.reduce(0) { $0 + Double($1) }
            case .squares: triangle.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
            case .largest: Double(triangle.max() ?? 0)
            }
        return size > 0 ? Float(1 / size) : 1
    }
}
