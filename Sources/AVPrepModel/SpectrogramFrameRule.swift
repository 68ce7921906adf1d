/// Which samples each frame of a spectrogram is made of: how many frames a sound gives, and how many rows a clip has.
///
/// Frame i is made of samples `[firstSample + i·hopLength, firstSample + i·hopLength + windowLength)` of its segment and
/// belongs to the time `i·hopLength / sampleRate` after the segment's start. Whoever computes spectrograms makes the rule
/// from its settings; whoever reads stored ones decodes it from their attributes, where it stands in librosa's words.
package struct SpectrogramFrameRule: Sendable, Equatable {
    /// Where windows lie against their moments, and which of them there are.
    package enum Placement: Sendable, Equatable {
        /// Around their moments: one for each multiple of the hop that is a sample (`center`).
        case centered
        /// They begin at their moments, one for each whole hop: the last ones see zeros past the end (`pad_end`).
        case paddedEnd
        /// They begin at their moments, and lie within the sound.
        case wholeWindows
    }

    /// Samples a second, > 0 (`sr`).
    package var sampleRate: Double
    /// Samples from one frame to the next, > 0 (`hop_length`).
    package var hopLength: Int
    /// Samples that a frame sees, > 0 (`win_length`).
    package var windowLength: Int
    package var placement: Placement
    /// The first sample that frame 0 sees, counted from the segment's first; negative where windows are centred
    /// (`first_sample_of_frame0`).
    package var firstSample: Int

    package init(
        sampleRate: Double, hopLength: Int, windowLength: Int, placement: Placement, firstSample: Int
    ) {
        self.sampleRate = sampleRate
        self.hopLength = hopLength
        self.windowLength = windowLength
        self.placement = placement
        self.firstSample = firstSample
    }

    /// Frames a second.
    package var framesPerSecond: Double { sampleRate / Double(hopLength) }

    /// Frames that a whole sound of so many samples gives, with nothing after it.
    ///
    /// Centred ones are librosa's, but for the one that it adds past the end when the hop divides the number of samples.
    package func frameCount(samples: Int) -> Int {
        switch placement {
        case .centered: (samples + hopLength - 1) / hopLength
        case .paddedEnd: samples / hopLength
        case .wholeWindows: samples < windowLength ? 0 : 1 + (samples - windowLength) / hopLength
        }
    }

    /// Rows of a clip of so many seconds that is cut out of a longer sound, wherever it begins; at least one.
    ///
    /// They are the frames of a sound of the clip's length, but that where ends are padded a clip's last window may reach
    /// into the sound that follows: its rows are its length times the rate, to the nearest.
    package func rowCount(clipSeconds seconds: Double) -> Int {
        max(
            1,
            placement == .paddedEnd
                ? Int((seconds * framesPerSecond).rounded())
                : frameCount(samples: Int((seconds * sampleRate).rounded())))
    }
}

// MARK: - In attributes

extension SpectrogramFrameRule {
    /// The words in which a stored spectrogram says its rule.
    private enum Key {
        static let sampleRate = "sr"
        static let hopLength = "hop_length"
        static let windowLength = "win_length"
        static let isCentered = "center"
        static let isEndPadded = "pad_end"
        static let firstSample = "first_sample_of_frame0"
        static let text = "frame_rule"
    }

    /// What a stored spectrogram says of its frames.
    package var attributes: [String: AttributeValue] {
        var attributes: [String: AttributeValue] = [
            Key.sampleRate: Int(exactly: sampleRate).map { .int($0) } ?? .double(sampleRate),
            Key.hopLength: .int(hopLength), Key.windowLength: .int(windowLength),
            Key.isCentered: .bool(placement == .centered),
            Key.firstSample: .int(firstSample), Key.text: .string(Self.text),
        ]
        if placement != .centered { attributes[Key.isEndPadded] = .bool(placement == .paddedEnd) }
        return attributes
    }

    private static let text =
        "frame i is made of samples [first_sample_of_frame0 + i*hop_length, first_sample_of_frame0 + i*hop_length + "
        + "win_length) of its segment; it belongs to the time i*hop_length / sr after the segment's start"

    /// The rule that a stored spectrogram's attributes say; nil for a kind that does not say one.
    package init?(attributes: [String: AttributeValue]) {
        guard let sampleRate = attributes[Key.sampleRate]?.number, sampleRate > 0, sampleRate <= 1e9,
            let hop = attributes[Key.hopLength]?.integer, (1...1 << 30).contains(hop),
            let window = attributes[Key.windowLength]?.integer, (1...1 << 30).contains(window)
        else { return nil }
        let isCentered = attributes[Key.isCentered] == .bool(true)
        self.init(
            sampleRate: sampleRate, hopLength: hop, windowLength: window,
            placement: isCentered
                ? .centered : attributes[Key.isEndPadded] == .bool(false) ? .wholeWindows : .paddedEnd,
            // Files from elsewhere may leave it to librosa's way.
            firstSample: attributes[Key.firstSample]?.integer ?? (isCentered ? -(window / 2) : 0))
    }
}
