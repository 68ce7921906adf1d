package import AVPrepCore

/// Thresholds of the audio quality flags.
package struct AudioQualitySettings: Sendable, Equatable, StoredSettings {
    /// Fraction of the power in a few steady narrow bands from which the audio is a constant tone.
    package var toneShare = 0.85
    /// Fraction of samples at full scale from which the audio is clipped.
    package var clippedShare = 0.001
    /// Mean that counts as a DC offset, relative to full scale.
    package var dcOffset = 0.02
    /// Level difference between two channels from which the quieter one is dead, in dB.
    package var deadChannelDecibels = 40.0
    /// Autocorrelation after one and two periods from which the audio is periodic.
    package var periodConfidence = 0.5
    /// Fraction of filled-in silence and cut samples from which the audio counts as patched: 0.3 s of a segment of ten.
    package var patchedShare = 0.03

    package init() {}

    package static var laterKeys: [String: LaterKey] { ["patchedShare": .omitted(at: 0.03)] }
}
