package import AVPrepModel

/// A video stream as described by its container.
package struct VideoStreamInfo: Sendable, Equatable, Codable {
    package var index: Int
    /// FFmpeg's codec name, e.g. `h264`.
    package var codec: String
    package var profile: String?
    /// FFmpeg's pixel format name, e.g. `yuv420p`.
    package var pixelFormat: String
    /// Coded size in pixels.
    package var width: Int
    package var height: Int
    /// Display size: after rotation and with square pixels.
    package var displayWidth: Int
    package var displayHeight: Int
    /// Clockwise rotation that a player applies: 0, 90, 180 or 270.
    package var rotationDegrees: Int
    /// Whether a player mirrors the picture left to right, after rotating it.
    package var isMirrored: Bool
    /// Pixel aspect ratio, width over height, as numerator and denominator; 1:1 when unknown.
    package var sampleAspectRatio: [Int]
    /// Average frame rate stated by the container, in frames per second.
    package var averageFrameRate: Double?
    /// ISO 639 language where the container names one.
    package var language: String?
    /// FFmpeg's names of the stream's dispositions, e.g. `default`.
    package var dispositions: [String] = []
    /// Presentation time of the first picture, in seconds.
    package var startSeconds: Double
    package var durationSeconds: Double?
    /// How pixels are coded and interpreted; nil when no picture decodes.
    package var colour: VideoColour?

    package init(
        index: Int, codec: String, profile: String?, pixelFormat: String, width: Int, height: Int, displayWidth: Int,
        displayHeight: Int, rotationDegrees: Int, isMirrored: Bool, sampleAspectRatio: [Int], averageFrameRate: Double?,
        startSeconds: Double, durationSeconds: Double?, colour: VideoColour?
    ) {
        self.index = index
        self.codec = codec
        self.profile = profile
        self.pixelFormat = pixelFormat
        self.width = width
        self.height = height
        self.displayWidth = displayWidth
        self.displayHeight = displayHeight
        self.rotationDegrees = rotationDegrees
        self.isMirrored = isMirrored
        self.sampleAspectRatio = sampleAspectRatio
        self.averageFrameRate = averageFrameRate
        self.startSeconds = startSeconds
        self.durationSeconds = durationSeconds
        self.colour = colour
    }
}

extension VideoStreamInfo {
    /// Size of the frames that a pass delivers for this crop and short side; both even.
    ///
    /// - Parameters:
    ///   - crop: in display pixels; it must leave at least one pixel.
    ///   - shortSide: nil keeps the size.
    package func outputSize(crop: CropMargins, shortSide: Int?) -> (width: Int, height: Int) {
        PictureGeometry.outputSize(
            displayWidth: displayWidth, displayHeight: displayHeight, crop: crop, shortSide: shortSide)
    }
}
