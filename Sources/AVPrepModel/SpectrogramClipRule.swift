/// `ref: max` and `top_db` of librosa, which depend on the loudest value of their input. They are applied to each clip
/// when it is read, with the same result as librosa for that clip, so that the stored spectrogram can be cut anywhere.
package struct SpectrogramClipRule: Sendable, Equatable {
    /// Values are limited to this many decibels below the clip's loudest value, > 0; nil for no limit (`top_db`).
    package let topDecibels: Double?
    /// Whether the clip's loudest value becomes 0 dB (`ref: max`).
    package let referenceIsMaximum: Bool

    /// - Returns: nil if clips need no processing.
    package init?(topDecibels: Double?, referenceIsMaximum: Bool) {
        if topDecibels == nil, !referenceIsMaximum { return nil }
        self.topDecibels = topDecibels
        self.referenceIsMaximum = referenceIsMaximum
    }

    /// Applies the rule to all rows of a clip, in place.
    package func apply(to values: UnsafeMutableBufferPointer<Float>) {
        guard let loudest = values.max() else { return }
        let floor = topDecibels.map { loudest - Float($0) } ?? -.infinity
        let zero = referenceIsMaximum ? loudest : 0
        for index in values.indices { values[index] = max(values[index], floor) - zero }
    }
}

// MARK: - In attributes

extension SpectrogramClipRule {
    /// The attributes in which a stored spectrogram has its rule.
    private enum Key {
        static let topDecibels = "top_db"
        static let reference = "ref"
        static let text = "clip_rule"
        static let maximum = "max"
    }

    /// The attributes of a stored spectrogram that state the rule. `ref` is present only if it is the clip's maximum.
    package var attributes: [String: AttributeValue] {
        var attributes = [Key.text: AttributeValue.string(text)]
        if let topDecibels { attributes[Key.topDecibels] = .double(topDecibels) }
        if referenceIsMaximum { attributes[Key.reference] = .string(Key.maximum) }
        return attributes
    }

    /// The rule as formulas, for people and other readers.
    package var text: String {
        let floor = topDecibels == nil ? nil : "x = max(x, max(x) - top_db)"
        let shift = referenceIsMaximum ? "x = x - max(x)" : nil
        return "of each clip x that is read: " + [floor, shift].compactMap { $0 }.joined(separator: ", then ")
    }

    /// The rule in a stored spectrogram's attributes; nil if clips need no processing.
    package init?(attributes: [String: AttributeValue]) {
        self.init(
            topDecibels: attributes[Key.topDecibels]?.number,
            referenceIsMaximum: attributes[Key.reference]?.text == Key.maximum)
    }
}
