import AVPrepCore

/// From where on a sound counts as flawed.
package struct AudioQualitySettings: Sendable, Equatable, StoredSettings {
    /// Share of the power in a few steady narrow bands that makes a constant tone.
    package var toneShare = 0.85
    /// Share of the samples at full scale that makes clipping.
    package var clippedShare = 0.001
    /// Mean that counts as a DC offset, 1 being full scale.
    package var dcOffset = 0.02
    /// How much louder than a dead channel the other one is, in dB.
    package var deadChannelDecibels = 40.0
    /// Likeness of the sound with itself one and two periods later that makes it periodic.
    package var periodConfidence = 0.5

    package init() {}
}
