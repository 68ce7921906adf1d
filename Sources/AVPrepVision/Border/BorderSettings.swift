import AVPrepCore

/// Settings of border detection.
package struct BorderSettings: Sendable, Equatable, StoredSettings {
    package enum Method: String, Sendable, Codable, CaseIterable {
        /// Borders are not detected.
        case off
        /// Strips of one dark level that end in a straight edge (default).
        case robust
        /// Arrow of Time's rule: the mean RGB of a row or column is below the threshold in each of five probed frames.
        case aot
    }

    package enum Change: String, Sendable, Codable, CaseIterable {
        /// A segment ends where the border changes, and each part is cropped by its own border (default): no content is
        /// lost. Frames of different segments then differ in aspect ratio.
        case split
        /// The whole video is cropped by the largest bars of any time: every segment has the same frame size.
        case union
    }

    package var method = Method.robust
    /// Minimum number of probed frames, evenly spread over the video. `aot` always uses 5, as in the paper.
    package var frames = 12
    /// Highest level of a bar, of 255, for `robust`.
    package var threshold = 40.0
    /// Mean level, of 255, below which a row or column counts as black for `aot`. The paper sets it manually.
    package var aotThreshold = 24.0
    /// Pixels cropped beyond a detected border: the blurred edge of a scaled bar.
    package var margin = 1

    /// How bars that change during a video are fixed, if the policy asks for it.
    package var change = Change.split

    package init() {}

    /// Number of frames to probe of a video of this length, nil when unknown: one every ``probeSeconds``, at least
    /// ``frames`` and at most 40, which take 60 MB at 540 lines.
    package func probeCount(seconds: Double?) -> Int {
        guard method == .robust else { return 5 }
        return max(frames, min(40, Int((seconds ?? 0) / Self.probeSeconds)))
    }

    /// Seconds between probed frames of a long video.
    static let probeSeconds = 2.0
}
