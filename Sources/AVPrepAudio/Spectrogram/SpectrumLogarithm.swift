import CKernels
import Foundation

/// The last step of a spectrogram: gain, logarithm and scale as constants of one formula.
struct SpectrumLogarithm: Sendable {
    /// Whether it takes powers and gives the result for magnitudes, which saves a square root per value: log(√x) is
    /// half of log(x).
    let takesRoot: Bool
    /// Nil for no logarithm.
    private let form: Int32?
    private let gain: Float
    private let amin: Float
    private let factor: Float
    private let offset: Float

    init(_ settings: SpectrogramSettings) {
        // Decibels of the value itself: `power_to_db` of magnitudes is 10·log10 of them, as in librosa.
        let tenTimes = 10 / log(10.0)
        var factor = settings.scale
        var offset = 0.0
        switch settings.logarithm {
        case .none: form = nil
        case .natural: form = Int32(ckernels_spectrum_log_clamped)
        case .naturalOffset: form = Int32(ckernels_spectrum_log_offset)
        case .naturalOrLinear: form = Int32(ckernels_spectrum_log_or_linear)
        case .powerToDB, .amplitudeToDB:
            form = Int32(ckernels_spectrum_log_clamped)
            factor *= settings.logarithm == .amplitudeToDB ? 2 * tenTimes : tenTimes
            offset = -factor * log(settings.referenceIsMaximum ? 1 : max(settings.amin, settings.reference))
        }
        let squaredFloor = settings.amin * settings.amin
        let isClamped = form == Int32(ckernels_spectrum_log_clamped)
        takesRoot =
            settings.power == 1 && settings.kind == .linear && isClamped
            && squaredFloor >= Double(Float.leastNormalMagnitude)
        gain = Float(takesRoot ? settings.gain * settings.gain : settings.gain)
        amin = Float(takesRoot ? squaredFloor : settings.amin)
        self.factor = Float(takesRoot ? factor / 2 : factor)
        self.offset = Float(offset)
    }

    func apply(to values: UnsafeMutablePointer<Float>, count: Int) {
        if let form {
            ckernels_spectrum_log(values, Int64(count), form, gain, amin, factor, offset)
        } else if gain * factor != 1 {
            ckernels_spectrum_scale(values, Int64(count), gain * factor)
        }
    }
}
