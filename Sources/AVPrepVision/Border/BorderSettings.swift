import AVPrepCore

/// How black framing is found.
package struct BorderSettings: Sendable, Equatable, StoredSettings {
    package enum Method: String, Sendable, Codable, CaseIterable {
        /// None are looked for.
        case off
        /// Strips of one dark level that end in a straight edge (default).
        case robust
        /// Arrow of Time's rule: mean RGB of a row or column below the threshold in every one of five probed frames.
        case aot
    }

    package enum Change: String, Sendable, Codable, CaseIterable {
        /// A segment ends where the framing changes, and each stretch is cropped by its own (default): no picture is
        /// lost. Frames of different segments then differ in aspect.
        case split
        /// All of the video is cropped by the largest bars of any time: every segment has the same frame.
        case union
    }

    package var method = Method.robust
    /// Frames probed at least, evenly spread over the video. Arrow of Time takes 5, and so does `aot`, always.
    package var frames = 12
    /// Highest level of a bar, of 255, for `robust`.
    package var threshold = 40.0
    /// Mean level, of 255, below which a row or column counts as black for `aot`. The paper sets it by hand.
    package var aotThreshold = 24.0
    /// Pixels cropped beyond the border found, where there is one: the blurred edge of a scaled bar.
    package var margin = 1

    /// How bars that come and go during a video are fixed, where the policy asks for it.
    package var change = Change.split

    package init() {}

    /// Frames to probe of a video of so many seconds, nil where nobody knows: one every ``probeSeconds``, at least
    /// ``frames`` and at most 40, which take 60 MB at 540 lines.
    package func probeCount(seconds: Double?) -> Int {
        guard method == .robust else { return 5 }
        return max(frames, min(40, Int((seconds ?? 0) / Self.probeSeconds)))
    }

    /// Seconds between probed frames of a long video.
    static let probeSeconds = 2.0
}
