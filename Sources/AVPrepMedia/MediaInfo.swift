/// What a container says about a file: the values of a probe, before anything is decoded.
package struct MediaInfo: Sendable, Equatable, Codable {
    /// libavformat's name of the container, e.g. `mov,mp4,m4a,3gp,3g2,mj2`.
    package var container: String
    /// Duration by the container, in seconds, where it says.
    package var durationSeconds: Double?
    /// Bits a second by the container, 0 where it does not say.
    package var bitRate: Int
    /// The best video stream; attached pictures do not count.
    package var video: VideoStreamInfo?
    /// The best audio stream.
    package var audio: AudioStreamInfo?

    package init(
        container: String, durationSeconds: Double?, bitRate: Int, video: VideoStreamInfo?, audio: AudioStreamInfo?
    ) {
        self.container = container
        self.durationSeconds = durationSeconds
        self.bitRate = bitRate
        self.video = video
        self.audio = audio
    }

    /// Where the later of the two streams begins, in seconds on the presentation clock: time 0 of a decode pass.
    package var commonStartSeconds: Double { max(video?.startSeconds ?? 0, audio?.startSeconds ?? 0) }

    /// How much later the sound begins than the picture, in seconds; nil when one of them is missing.
    package var startSkewSeconds: Double? {
        guard let video, let audio else { return nil }
        return audio.startSeconds - video.startSeconds
    }
}

/// A video stream by its container.
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
    /// Size as shown: after rotation and with square pixels.
    package var displayWidth: Int
    package var displayHeight: Int
    /// Clockwise turn that a player applies: 0, 90, 180 or 270.
    package var rotationDegrees: Int
    /// Width of a pixel over its height, as numerator and denominator; 1:1 when unknown.
    package var sampleAspectRatio: [Int]
    /// Average frames a second by the container, where it says.
    package var averageFrameRate: Double?
    /// Presentation time of the first picture, in seconds.
    package var startSeconds: Double
    package var durationSeconds: Double?

    package init(
        index: Int, codec: String, profile: String?, pixelFormat: String, width: Int, height: Int, displayWidth: Int,
        displayHeight: Int, rotationDegrees: Int, sampleAspectRatio: [Int], averageFrameRate: Double?,
        startSeconds: Double, durationSeconds: Double?
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
        self.sampleAspectRatio = sampleAspectRatio
        self.averageFrameRate = averageFrameRate
        self.startSeconds = startSeconds
        self.durationSeconds = durationSeconds
    }
}

/// An audio stream by its container.
package struct AudioStreamInfo: Sendable, Equatable, Codable {
    package var index: Int
    package var codec: String
    package var profile: String?
    package var sampleRate: Int
    package var channels: Int
    /// ISO 639 language where the container names one.
    package var language: String?
    /// Presentation time of the first sample, in seconds.
    package var startSeconds: Double
    package var durationSeconds: Double?

    package init(
        index: Int, codec: String, profile: String?, sampleRate: Int, channels: Int, language: String?,
        startSeconds: Double, durationSeconds: Double?
    ) {
        self.index = index
        self.codec = codec
        self.profile = profile
        self.sampleRate = sampleRate
        self.channels = channels
        self.language = language
        self.startSeconds = startSeconds
        self.durationSeconds = durationSeconds
    }
}
