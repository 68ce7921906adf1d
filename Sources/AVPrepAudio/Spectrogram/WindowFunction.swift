import Foundation

extension SpectrogramSettings.Window {
    /// The window of `length` samples, as returned by `scipy.signal.get_window(name, length, fftbins=periodic)`.
    ///
    /// - Parameters:
    ///   - length: in samples, > 0. A window of one sample is 1.
    ///   - periodic: true for the window of `length + 1` samples without its last one, false for the symmetric one.
    func coefficients(length: Int, periodic: Bool) -> [Float] {
        precondition(length > 0, "the window length must be positive, not \(length)")
        guard length > 1 else { return [1] }
        let span = periodic ? length : length - 1
        return (0..<length).map { Float(value(at: $0, span: span)) }
    }

    /// The value of the symmetric window of `span + 1` samples.
    private func value(at index: Int, span: Int) -> Double {
        switch self {
        case .hann: cosines([0.5, 0.5], index, span)
        case .hamming: cosines([0.54, 0.46], index, span)
        case .blackman: cosines([0.42, 0.5, 0.08], index, span)
        case .blackmanharris: cosines([0.35875, 0.48829, 0.14128, 0.01168], index, span)
        case .nuttall: cosines([0.3635819, 0.4891775, 0.1365995, 0.0106411], index, span)
        case .flattop: cosines([0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368], index, span)
        case .bartlett: 1 - abs(2 * Double(index) / Double(span) - 1)
        case .cosine: sin(.pi * (Double(index) + 0.5) / Double(span + 1))
        case .boxcar: 1
        }
    }

    /// a0 − a1·cos(φ) + a2·cos(2φ) − …, φ = 2π·index/span.
    private func cosines(_ amplitudes: [Double], _ index: Int, _ span: Int) -> Double {
        amplitudes.enumerated().reduce(0) { sum, term in
            let cosine = cos(2 * .pi * Double(term.offset * index % span) / Double(span))
            return sum + (term.offset % 2 == 0 ? term.element : -term.element) * cosine
        }
    }
}
