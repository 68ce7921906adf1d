import Foundation

extension SpectrogramSettings.MelScale {
    // Slaney, "Auditory Toolbox", Interval Research technical report 1998-010: 200/3 Hz per mel up to 1 kHz (15 mel),
    // above it 27 mel for each factor of 6.4.
    private static let linearStepHz = 200.0 / 3
    private static let breakHz = 1000.0
    private static let breakMel = breakHz / linearStepHz
    private static let logarithmicStep = log(6.4) / 27

    /// The pitch of a frequency in mel, as `librosa.hz_to_mel`.
    func mel(ofHz frequency: Double) -> Double {
        switch self {
        case .htk: 2595 * log10(1 + frequency / 700)
        case .slaney:
            frequency < Self.breakHz
                ? frequency / Self.linearStepHz
                : Self.breakMel + log(frequency / Self.breakHz) / Self.logarithmicStep
        }
    }

    /// The frequency in Hz of a pitch, as `librosa.mel_to_hz`.
    func hz(ofMel mel: Double) -> Double {
        switch self {
        case .htk: 700 * (pow(10, mel / 2595) - 1)
        case .slaney:
            mel < Self.breakMel
                ? mel * Self.linearStepHz
                : Self.breakHz * exp(Self.logarithmicStep * (mel - Self.breakMel))
        }
    }

    /// `count` frequencies in Hz, equally spaced in mel, both ends included, as `librosa.mel_frequencies`.
    ///
    /// - Parameter count: at least 2.
    func frequencies(count: Int, from lowestHz: Double, to highestHz: Double) -> [Double] {
        precondition(count > 1, "a mel scale needs at least two frequencies, not \(count)")
        let lowest = mel(ofHz: lowestHz)
        let highest = mel(ofHz: highestHz)
        let step = (highest - lowest) / Double(count - 1)
        return (0..<count).map { hz(ofMel: $0 == count - 1 ? highest : lowest + step * Double($0)) }
    }
}
