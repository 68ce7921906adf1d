import AVPrepModel

// How clips are cut from a spectrogram, according to its attributes.
extension StoreLayout.Spectrogram {
    /// Number of rows of a clip of `seconds`, independent of its start.
    ///
    /// With `center`: one row for each multiple of the hop that is a sample of the clip. With `pad_end` false: one row
    /// for each whole window in the clip, such as the 199 of a second in L3-Net. Otherwise, and for kinds without these
    /// attributes: the clip's length times the rate.
    package func clipRows(seconds: Double) -> Int {
        let rounded = max(1, Int((seconds * framesPerSecond).rounded()))
        guard let sampleRate = attributes["sr"]?.number, let hop = attributes["hop_length"]?.integer, hop > 0,
            let window = attributes["win_length"]?.integer
        else { return rounded }
        let samples = Int((seconds * sampleRate).rounded())
        if attributes["center"] == .bool(true) { return max(1, (samples + hop - 1) / hop) }
        guard attributes["pad_end"] == .bool(false) else { return rounded }
        return max(1, 1 + (samples - window) / hop)
    }

    /// The processing of each clip that is read; nil for none.
    package var clipRule: ClipRule? {
        let rule = ClipRule(
            topDecibels: attributes["top_db"]?.number, referenceIsMaximum: attributes["ref"]?.text == "max")
        return rule.topDecibels == nil && !rule.referenceIsMaximum ? nil : rule
    }
}

/// `ref: max` and `top_db` of librosa, which depend on the loudest value of their input. They are applied to each clip
/// when it is read, with the same result as librosa for that clip, so that the stored spectrogram can be cut anywhere.
package struct ClipRule: Sendable, Equatable {
    /// Values are limited to this many decibels below the clip's loudest value; nil for no limit.
    package var topDecibels: Double?
    /// Whether the clip's loudest value becomes 0 dB.
    package var referenceIsMaximum: Bool

    /// Applies the rule to all rows of a clip, in place.
    package func apply(to values: UnsafeMutableBufferPointer<Float>) {
        guard let loudest = values.max() else { return }
        let floor = topDecibels.map { loudest - Float($0) } ?? -.infinity
        let zero = referenceIsMaximum ? loudest : 0
        for index in values.indices { values[index] = max(values[index], floor) - zero }
    }
}
