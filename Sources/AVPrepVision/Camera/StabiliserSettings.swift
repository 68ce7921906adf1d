package import AVPrepCore
import AVPrepModel

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
    /// A segment is discarded when a frame's homography has fewer matches that are consistent with it; 0: any number. The
    /// Arrow of Time code writes these numbers for choosing clips by, and publishes no threshold.
    package var fewestInliers = 0
    /// Likewise, when the mean squared error of these matches is larger, in pixels²; 0: any.
    package var largestError = 0.0

    package init() {}

    package static var laterKeys: [String: LaterKey] {
        ["fewestInliers": .omitted(at: 0), "largestError": .omitted(at: 0.0)]
    }

    /// Whether a frame's homography, if it has one, is supported well enough.
    func accepts(_ motion: FrameMotion) -> Bool {
        guard motion.isKnown else { return true }
        // An error that is no number is none to be trusted.
        return Int(motion.inlierCount) >= fewestInliers && (largestError == 0 || Double(motion.error) <= largestError)
    }
}
