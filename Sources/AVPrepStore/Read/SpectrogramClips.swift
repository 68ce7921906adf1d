import AVPrepModel

// What a spectrogram's attributes say about cutting clips out of it.
extension StoreLayout.Spectrogram {
    /// Rows of a clip of so many seconds, wherever it begins.
    ///
    /// `center`: one for each multiple of the hop that is a sample of the clip. `pad_end` false: one for each whole window
    /// in it, as L3-Net's 199 of a second. Otherwise, and for kinds that do not tell: the clip's length times the rate.
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

    /// What is to be done to each clip that is read; nil for nothing.
    package var clipRule: ClipRule? {
        let rule = ClipRule(
            topDecibels: attributes["top_db"]?.number, referenceIsMaximum: attributes["ref"]?.text == "max")
        return rule.topDecibels == nil && !rule.referenceIsMaximum ? nil : rule
    }
}

/// `ref: max` and `top_db` of librosa, which look at the loudest value of the clip they are given: they are done to each
/// clip as it is read, and give what librosa gives for that clip. What is stored can be cut anywhere.
package struct ClipRule: Sendable, Equatable {
    /// How far below the clip's loudest value its values go; nil for all the way.
    package var topDecibels: Double?
    /// Whether the clip's loudest value becomes 0 dB.
    package var referenceIsMaximum: Bool

    /// Does it to all rows of a clip, in place.
    package func apply(to values: UnsafeMutableBufferPointer<Float>) {
        guard let loudest = values.max() else { return }
        let floor = topDecibels.map { loudest - Float($0) } ?? -.infinity
        let zero = referenceIsMaximum ? loudest : 0
        for index in values.indices { values[index] = max(values[index], floor) - zero }
    }
}
