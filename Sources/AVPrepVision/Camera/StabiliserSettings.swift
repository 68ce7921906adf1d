import AVPrepCore

/// Settings of stabilisation.
package struct StabiliserSettings: Sendable, Equatable, StoredSettings {
    /// Whether every segment is stabilised.
    package var enabled = false
    /// A segment is discarded when the shorter side of the region visible in all its frames is less than this fraction
    /// of theirs: `crop_thres` of the Arrow of Time code, which gives no value.
    package var smallestShare = 0.5
    /// Longest run of frames without a homography that is interpolated, in seconds.
    package var longestGap = 0.2
    /// Deviations from the path of the neighbouring frames of up to this many pixels are treated as measurement errors
    /// and smoothed; larger ones are the camera's motion and are kept.
    package var noise = 0.4
    /// A frame is an outlier if it deviates from its neighbours' path by this many pixels and many times more than the
    /// median.
    package var outlier = 3.0

    package init() {}
}
