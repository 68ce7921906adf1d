/// `ref: max` and `top_db` of librosa, which look at the loudest value of the clip they are given: they are done to each
/// clip as it is read, and give what librosa gives for that clip. What is stored can be cut anywhere.
package struct SpectrogramClipRule: Sendable, Equatable {
    /// How far below the clip's loudest value its values go, in decibels, > 0; nil for all the way (`top_db`).
    package let topDecibels: Double?
    /// Whether the clip's loudest value becomes 0 dB (`ref: max`).
    package let referenceIsMaximum: Bool

    /// - Returns: nil where nothing is to be done to a clip.
    package init?(topDecibels: Double?, referenceIsMaximum: Bool) {
        if topDecibels == nil, !referenceIsMaximum { return nil }
        self.topDecibels = topDecibels
        self.referenceIsMaximum = referenceIsMaximum
    }

    /// Does it to all rows of a clip, in place.
    package func apply(to values: UnsafeMutableBufferPointer<Float>) {
        guard let loudest = values.max() else { return }
        let floor = topDecibels.map { loudest - Float($0) } ?? -.infinity
        let zero = referenceIsMaximum ? loudest : 0
        for index in values.indices { values[index] = max(values[index], floor) - zero }
    }
}

// MARK: - In attributes

extension SpectrogramClipRule {
    /// The words in which a stored spectrogram says its rule.
    private enum Key {
        static let topDecibels = "top_db"
        static let reference = "ref"
        static let text = "clip_rule"
        static let maximum = "max"
    }

    /// What a stored spectrogram says of its clips. `ref` is there only where it is the clip's maximum.
    package var attributes: [String: AttributeValue] {
        var attributes = [Key.text: AttributeValue.string(text)]
        if let topDecibels { attributes[Key.topDecibels] = .double(topDecibels) }
        if referenceIsMaximum { attributes[Key.reference] = .string(Key.maximum) }
        return attributes
    }

    /// The rule in symbols, for people and other readers.
    package var text: String {
        let floor = topDecibels == nil ? nil : "x = max(x, max(x) - top_db)"
        let shift = referenceIsMaximum ? "x = x - max(x)" : nil
        return "of each clip x that is read: " + [floor, shift].compactMap { $0 }.joined(separator: ", then ")
    }

    /// The rule that a stored spectrogram's attributes say; nil where nothing is to be done to a clip.
    package init?(attributes: [String: AttributeValue]) {
        self.init(
            topDecibels: attributes[Key.topDecibels]?.number,
            referenceIsMaximum: attributes[Key.reference]?.text == Key.maximum)
    }
}
