package import AVPrepModel

// How clips are cut from a spectrogram, according to its attributes.
extension StoreLayout.Spectrogram {
    /// Which samples its frames are made of; nil for kinds without these attributes.
    package var frameRule: SpectrogramFrameRule? { SpectrogramFrameRule(attributes: attributes) }

    /// The processing of each clip that is read; nil for none.
    package var clipRule: SpectrogramClipRule? { SpectrogramClipRule(attributes: attributes) }

    /// Number of rows of a clip of `seconds`, independent of its start: by the frame rule, or, for kinds without one, the
    /// clip's length times the rate.
    package func clipRows(seconds: Double) -> Int {
        frameRule?.rowCount(clipSeconds: seconds) ?? max(1, Int((seconds * framesPerSecond).rounded()))
    }
}
