/// The camera's motion at one frame, relative to the central frame of its segment.
package struct FrameMotion: Sendable, Equatable {
    /// Row-major 3 × 3 homography that maps a point `(x, y, 1)` of this frame to the segment's central frame, in stored
    /// pixels. All zero when it could not be estimated, or was not requested for this frame.
    package var homography: [Float]
    /// Matches consistent with the homography.
    package var inlierCount: Int32
    /// Mean squared reprojection error of the inliers, in pixels².
    package var error: Float
    /// The camera's turn to the right (the image moves left), in stored pixels per second at the picture's centre. This
    /// and the three below are rates since the previous estimated frame; the first frame has the second's.
    package var pan: Float
    /// The camera's turn downwards (the image moves up), in stored pixels per second.
    package var tilt: Float
    /// Change of scale of the image, as a natural logarithm per second; positive when it grows.
    package var zoom: Float
    /// The camera's clockwise roll (the image turns counterclockwise), in degrees per second.
    package var roll: Float
    /// Row-major 3 × 3 homography that maps a point of the stored frame to the frame before stabilisation, in pixels of
    /// the latter. The identity where a segment is not stabilised.
    package var source = FrameMotion.unmoved

    package init(
        homography: [Float], inlierCount: Int32 = 0, error: Float = 0, pan: Float = 0, tilt: Float = 0,
        zoom: Float = 0, roll: Float = 0
    ) {
        precondition(homography.count == 9, "a homography has nine numbers")
        self.homography = homography
        self.inlierCount = inlierCount
        self.error = error
        self.pan = pan
        self.tilt = tilt
        self.zoom = zoom
        self.roll = roll
    }

    /// The identity homography.
    package static let unmoved: [Float] = [1, 0, 0, 0, 1, 0, 0, 0, 1]

    /// A frame whose motion is unknown.
    package static let unknown = FrameMotion(homography: Array(repeating: 0, count: 9))

    /// Whether a homography was estimated.
    package var isKnown: Bool { homography.contains { $0 != 0 } }
}
