/// Two near-duplicate videos and the evidence for it.
package struct DuplicateMatch: Sendable, Equatable, Codable {
    /// The ids, the smaller one first.
    package var first: String
    package var second: String
    /// Fraction of picture hash bits that differ; nil where the pictures are too plain to compare.
    package var pictureDistance: Double?
    /// Fraction of audio hash bits that differ; nil where there is no comparable audio.
    package var soundDistance: Double?
    /// Time 0 of the second video corresponds to this time of the first.
    package var offsetSeconds: Double
    /// Whether one video is the mirror image of the other.
    package var isMirrored: Bool

    package init(
        first: String, second: String, pictureDistance: Double?, soundDistance: Double?, offsetSeconds: Double,
        isMirrored: Bool
    ) {
        self.first = first
        self.second = second
        self.pictureDistance = pictureDistance
        self.soundDistance = soundDistance
        self.offsetSeconds = offsetSeconds
        self.isMirrored = isMirrored
    }
}
