/// A fraction of two integers, for rates and ratios without an exact decimal form, e.g. 30000/1001.
package struct Rational: Sendable, Hashable, Codable {
    package var numerator: Int
    /// > 0.
    package var denominator: Int

    package init(_ numerator: Int, _ denominator: Int = 1) {
        precondition(denominator > 0, "the denominator must be positive, not \(denominator)")
        self.numerator = numerator
        self.denominator = denominator
    }

    package var value: Double { Double(numerator) / Double(denominator) }
}

/// Video settings of ``MediaWriter``.
package struct VideoEncoding: Sendable {
    /// FFmpeg's name of an encoder that takes `yuv420p`.
    package var codec: String
    /// Size of the coded picture in pixels; both even.
    package var width: Int
    package var height: Int
    /// Nominal frame rate: stated in the header, and the duration of the last picture. Pictures keep their given times.
    package var frameRate: Rational
    /// Constant quality, 0 (best) to 51, as defined by x264 and libvpx; other encoders get a nearby quantiser.
    package var quality: Int
    /// x264's speed preset; encoders without presets ignore it.
    package var preset: String
    /// Maximum distance between key frames, in pictures.
    package var keyFrameInterval: Int
    /// Maximum number of consecutive B-frames; with B-frames decoding order differs from display order.
    package var bFrames: Int
    /// Length of a tick in seconds, to which picture times are rounded; nil divides the frame's duration until a tick
    /// is shorter than 0.1 ms.
    package var timeBase: Rational?
    /// Clockwise rotation stored for the player: 0, 90, 180 or 270.
    package var rotationDegrees: Int
    /// Pixel aspect ratio, width over height.
    package var sampleAspectRatio: Rational
    /// Further encoder options by FFmpeg's names; unknown names are an error.
    package var options: [String: String] = [:]

    package init(
        codec: String = "libx264", width: Int, height: Int, frameRate: Rational, quality: Int = 23,
        preset: String = "veryfast", keyFrameInterval: Int = 50, bFrames: Int = 2, timeBase: Rational? = nil,
        rotationDegrees: Int = 0, sampleAspectRatio: Rational = Rational(1)
    ) {
        self.codec = codec
        self.width = width
        self.height = height
        self.frameRate = frameRate
        self.quality = quality
        self.preset = preset
        self.keyFrameInterval = keyFrameInterval
        self.bFrames = bFrames
        self.timeBase = timeBase
        self.rotationDegrees = rotationDegrees
        self.sampleAspectRatio = sampleAspectRatio
    }
}

/// Audio settings of ``MediaWriter``.
package struct AudioEncoding: Sendable {
    /// FFmpeg's name of an encoder, e.g. `aac`, `libopus` (webm), `pcm_s16le` (mov, mkv, avi).
    package var codec: String
    /// Samples per second.
    package var sampleRate: Int
    package var channels: Int
    /// Bits per second; lossless encoders ignore it.
    package var bitRate: Int

    package init(codec: String = "aac", sampleRate: Int, channels: Int, bitRate: Int = 128_000) {
        self.codec = codec
        self.sampleRate = sampleRate
        self.channels = channels
        self.bitRate = bitRate
    }
}
