/// How the camera stood at one frame, seen from the central frame of its segment.
package struct FrameMotion: Sendable, Equatable {
    /// Row-major 3 × 3 homography that takes a point `(x, y, 1)` of this frame to the segment's central frame, in
    /// stored pixels. All zero when it could not be estimated, or was not asked for at this frame.
    package var homography: [Float]
    /// Matches that agree with the homography.
    package var inlierCount: Int32
    /// Mean squared reprojection error of the inliers, in pixels².
    package var error: Float
    /// The camera's turn to the right (things move left), in stored pixels a second at the picture's centre. This and the
    /// three below are rates since the estimated frame before; the first frame has the second's.
    package var pan: Float
    /// The camera's turn downwards (things move up), in stored pixels a second.
    package var tilt: Float
    /// Growth of what is seen, as a natural logarithm a second.
    package var zoom: Float
    /// The camera's clockwise roll (things turn the other way), in degrees a second.
    package var roll: Float
    /// Row-major 3 × 3 homography that takes a point of the stored frame to the frame as it was before stabilising, in
    /// pixels of that. The identity where a segment is not stabilised.
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

    /// The homography that leaves everything in place.
    package static let unmoved: [Float] = [1, 0, 0, 0, 1, 0, 0, 0, 1]

    /// Nothing is known about this frame.
    package static let unknown = FrameMotion(homography: Array(repeating: 0, count: 9))

    /// Whether a homography was found.
    package var isKnown: Bool { homography.contains { $0 != 0 } }
}
