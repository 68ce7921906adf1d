import AVPrepCore

/// Thresholds of near-duplicate detection.
package struct DuplicateSettings: Sendable, Equatable, StoredSettings {
    /// Whether near-duplicates are searched at all.
    package var enabled = true
    /// Largest fraction of differing picture bits. Copies cropped by a tenth stay below 0.21, and unrelated videos are
    /// at about 0.49.
    package var maxPictureDistance = 0.3
    /// Largest fraction of differing audio bits. 95 % of the copies stay below 0.19, other moments of a scene with the
    /// same few sounds come down to 0.30 (Haitsma and Kalker's paper uses 0.35 for 3.3 s in finer steps).
    package var maxSoundDistance = 0.27
    /// Largest mean of the two. 98 % of the copies of forty practice videos and nineteen films stay below, and almost
    /// none of the other moments of one scene reach it.
    package var maxMeanDistance = 0.21
    /// Largest fraction of differing picture bits where there is no usable audio.
    package var maxSilentDistance = 0.15
    /// Minimum overlap, as a fraction of the shorter video.
    package var minOverlap = 0.3

    package init() {}
}
