import AVPrepCore

/// Settings of camera motion estimation: corners, tracking and RANSAC as in the Arrow of Time code.
package struct CameraMotionSettings: Sendable, Equatable, StoredSettings {
    /// Whether camera motion is estimated at all.
    package var enabled = true
    /// A homography is estimated at every n-th frame (and the central one).
    package var everyNthFrame = 4
    /// Short side, in pixels, to which larger pictures are scaled for tracking.
    package var trackingSize = 144
    /// Maximum number of tracked corners.
    package var maxCorners = 128
    /// Largest forward-backward tracking error |dx| + |dy|, in pixels of the tracked picture.
    package var maxTrackingError = 1.0
    /// RANSAC's reprojection threshold, in pixels of the tracked picture.
    package var ransacThreshold = 0.5
    /// Translation of the picture's centre that counts as pan or tilt, in picture widths per second.
    package var panThreshold = 0.05
    /// Change of scale that counts as zoom, as a natural logarithm per second.
    package var zoomThreshold = 0.05
    /// Rotation that counts as roll, in degrees per second.
    package var rollThreshold = 3.0
    /// Shake of the picture's centre about its mean motion that counts as shake, in picture widths per second.
    package var shakeThreshold = 0.03
    /// Largest displacement of the picture under a static camera, in picture widths.
    package var staticTolerance = 0.005

    package init() {}
}
