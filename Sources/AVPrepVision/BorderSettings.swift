/// How black framing is found, and what is done about it.
package struct BorderSettings: Sendable, Equatable, Codable {
    package enum Method: String, Sendable, Codable, CaseIterable {
        /// Nothing is cropped.
        case off
        /// Strips of one dark level that end in a straight edge (default).
        case robust
        /// Arrow of Time's rule: mean RGB of a row or column below the threshold in every one of five probed frames.
        case aot
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

    package init() {}
}
