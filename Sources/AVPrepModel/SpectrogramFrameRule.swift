/// The samples from which each frame of a spectrogram is computed, and so the number of frames of a sound and the number
/// of rows of a clip.
///
/// Frame i is computed from samples `[firstSample + i·hopLength, firstSample + i·hopLength + windowLength)` of its segment
/// and belongs to the time `i·hopLength / sampleRate` after the segment's start. When spectrograms are computed, the rule
/// follows from the settings; when stored ones are read, it is decoded from their attributes, which use librosa's names.
package struct SpectrogramFrameRule: Sendable, Equatable {
    /// The position of windows relative to their times, and which windows exist.
    package enum Placement: Sendable, Equatable {
        /// Centred on their times: one window for each multiple of the hop that is a sample (`center`).
        case centered
        /// They begin at their times, one for each whole hop: the last ones contain zeros past the end (`pad_end`).
        case paddedEnd
        /// They begin at their times, and lie within the sound.
        case wholeWindows
    }

    /// Samples per second, > 0 (`sr`).
    package var sampleRate: Double
    /// Samples from one frame to the next, > 0 (`hop_length`).
    package var hopLength: Int
    /// Samples per window, > 0 (`win_length`).
    package var windowLength: Int
    package var placement: Placement
    /// The first sample of frame 0's window, relative to the segment's first sample; negative if windows are centred
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

    /// Frames per second.
    package var framesPerSecond: Double { sampleRate / Double(hopLength) }

    /// Number of frames of a whole sound of `samples` samples, with nothing after it.
    ///
    /// Centred frames are those of librosa, without the one that it adds past the end if the hop divides the number of
    /// samples.
    package func frameCount(samples: Int) -> Int {
        switch placement {
        case .centered: (samples + hopLength - 1) / hopLength
        case .paddedEnd: samples / hopLength
        case .wholeWindows: samples < windowLength ? 0 : 1 + (samples - windowLength) / hopLength
        }
    }

    /// Number of rows of a clip of `seconds` cut from a longer sound, independent of its start; at least one.
    ///
    /// It is the number of frames of a sound of the clip's length, such as the 199 of a second in L3-Net. With padded ends
    /// a clip's last window may reach into the sound that follows: then it is the clip's length times the rate, rounded.
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
    /// The attributes in which a stored spectrogram has its rule.
    private enum Key {
        static let sampleRate = "sr"
        static let hopLength = "hop_length"
        static let windowLength = "win_length"
        static let isCentered = "center"
        static let isEndPadded = "pad_end"
        static let firstSample = "first_sample_of_frame0"
        static let text = "frame_rule"
    }

    /// The attributes of a stored spectrogram that state the rule.
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

    /// The rule in a stored spectrogram's attributes; nil for kinds without these attributes.
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
            // Files from other programs may omit it and follow librosa.
            firstSample: attributes[Key.firstSample]?.integer ?? (isCentered ? -(window / 2) : 0))
    }
}
