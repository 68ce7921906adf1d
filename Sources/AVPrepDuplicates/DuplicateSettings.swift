import AVPrepCore

/// When two videos count as near-duplicates of each other.
package struct DuplicateSettings: Sendable, Equatable, StoredSettings {
    /// Whether they are looked for at all.
    package var enabled = true
    /// Largest share of differing bits of the pictures. Copies that lost a tenth at the rim stay below 0.21, and unrelated
    /// videos lie about 0.49.
    package var maxPictureDistance = 0.3
    /// Largest share of differing bits of the sound. 95 % of the copies stay below 0.19, other moments of a scene with the same
    /// few sounds come down to 0.30 (Haitsma and Kalker's paper takes 0.35 for stretches of 3.3 s in finer steps).
    package var maxSoundDistance = 0.27
    /// Largest mean of the two. 98 % of the copies of forty practice videos and nineteen films stay below, and next to none of the
    /// other moments of one scene come down to it.
    package var maxMeanDistance = 0.21
    /// Largest share of differing bits of the pictures where there is no sound that could tell.
    package var maxSilentDistance = 0.15
    /// Share of the shorter video that the two must have in common.
    package var minOverlap = 0.3

    package init() {}
}
