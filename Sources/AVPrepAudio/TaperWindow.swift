import Foundation

extension SpectrogramSettings.Window {
    /// The periodic window of `length` samples, as `scipy.signal.get_window(name, length)` gives it: the window of
    /// `length + 1` samples without its last one.
    ///
    /// - Parameter length: samples, > 0. A window of one sample is 1.
    func coefficients(length: Int) -> [Float] {
        precondition(length > 0, "a window of \(length) samples")
        guard length > 1 else { return [1] }
        // a0 − (1 − a0)·cos(2πn/N): the generalised Hamming family.
        let offset: Double
        switch self {
        case .hann: offset = 0.5
        case .hamming: offset = 0.54
        case .ones: offset = 1
        }
        return (0..<length).map { index in
            Float(offset - (1 - offset) * cos(2 * .pi * Double(index) / Double(length)))
        }
    }
}
