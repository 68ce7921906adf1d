package import AVPrepModel

// What a spectrogram's attributes say about cutting clips out of it.
extension StoreLayout.Spectrogram {
    /// Which samples its frames are made of; nil for a kind that does not say.
    package var frameRule: SpectrogramFrameRule? { SpectrogramFrameRule(attributes: attributes) }

    /// What is to be done to each clip that is read; nil for nothing.
    package var clipRule: SpectrogramClipRule? { SpectrogramClipRule(attributes: attributes) }

    /// Rows of a clip of so many seconds, wherever it begins: by its frame rule, or for a kind that does not say one the
    /// clip's length times the rate.
    package func clipRows(seconds: Double) -> Int {
        frameRule?.rowCount(clipSeconds: seconds) ?? max(1, Int((seconds * framesPerSecond).rounded()))
    }
}
