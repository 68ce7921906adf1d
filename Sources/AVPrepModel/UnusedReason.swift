/// Why seconds of a source are in no segment.
package enum UnusedReason: String, Sendable, Codable, CaseIterable {
    /// The picture begins earlier than the sound, or lasts longer.
    case pictureAlone = "picture-alone"
    /// The sound begins earlier than the picture, or lasts longer.
    case soundAlone = "sound-alone"
    /// Sound is missing for longer than is filled with silence.
    case gap
    /// After a jump of the clock that picture and sound do not share.
    case clockJump = "clock-jump"
    /// The file is damaged there, or cut off.
    case damaged
    /// The rest of a frame at the end.
    case partialFrame = "partial-frame"
    /// Another film behind the first one in the same file.
    case furtherFilm = "further-film"
    /// A piece shorter than `min_segment_seconds` before a shot change.
    case shortAtCut = "short-at-cut"
    /// Such a piece before a change of framing.
    case shortAtBorderChange = "short-at-border-change"
    /// Such a piece before a jump of the clock or a gap.
    case shortAtGap = "short-at-gap"
    /// Such a piece at the end.
    case shortAtEnd = "short-at-end"
    /// Frames whose sound lies before the shot or the file, once early sound is moved.
    case soundShifted = "sound-shifted"
}

extension UnusedReason: CodingKeyRepresentable {}

/// Where the seconds of a source are: their sum is its duration, from the first picture or sound to the last.
package struct SourceSeconds: Sendable, Equatable, Codable {
    /// In segments, kept or dropped by the policy.
    package var inSegments: Double
    /// In no segment, by ``UnusedReason`` or by the reason code of a video that has no segments.
    package var unused: [String: Double]

    package init(inSegments: Double = 0, unused: [String: Double] = [:]) {
        self.inSegments = inSegments
        self.unused = unused
    }

    /// Adds seconds by reason.
    package mutating func add(_ seconds: [UnusedReason: Double]) {
        for (reason, value) in seconds { unused[reason.rawValue, default: 0] += value }
    }

    package var total: Double { unused.values.reduce(inSegments, +) }
}
