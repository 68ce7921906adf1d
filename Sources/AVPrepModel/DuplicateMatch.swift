/// Two videos that are near-duplicates of each other, and what says so.
package struct DuplicateMatch: Sendable, Equatable, Codable {
    /// The ids, the smaller one first.
    package var first: String
    package var second: String
    /// Share of the pictures' bits that differ; nil where plain pictures tell nothing.
    package var pictureDistance: Double?
    /// Share of the sound's bits that differ; nil where there is no sound that tells.
    package var soundDistance: Double?
    /// What is at time 0 of the second is at this time of the first.
    package var offsetSeconds: Double
    /// Whether one shows the other's mirror image.
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
