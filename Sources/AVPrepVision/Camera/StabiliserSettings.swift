import AVPrepCore

/// How the camera's motion is taken out of a segment's frames.
package struct StabiliserSettings: Sendable, Equatable, StoredSettings {
    /// Whether every segment is stabilised.
    package var enabled = false
    /// A segment is discarded when the smaller side of what all its frames show is less than this share of theirs:
    /// `crop_thres` of the Arrow of Time code, which gives no value.
    package var smallestShare = 0.5
    /// Longest stretch without a homography that is bridged from its ends, in seconds.
    package var longestGap = 0.2
    /// Deviations from the path of the frames around are taken for errors of measurement and smoothed away up to this
    /// many pixels; larger ones are the camera's and stay.
    package var noise = 0.4
    /// A frame that leaves its neighbours' path by this many pixels and many times more than others do is a misfit.
    package var outlier = 3.0

    package init() {}
}
