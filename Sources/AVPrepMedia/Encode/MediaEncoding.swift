/// A fraction of two integers, for rates and ratios that no decimal number hits, e.g. 30000/1001.
package struct Rational: Sendable, Hashable, Codable {
    package var numerator: Int
    /// > 0.
    package var denominator: Int

    package init(_ numerator: Int, _ denominator: Int = 1) {
        precondition(denominator > 0, "a fraction over \(denominator)")
        self.numerator = numerator
        self.denominator = denominator
    }

    package var value: Double { Double(numerator) / Double(denominator) }
}

/// How ``MediaWriter`` encodes pictures.
package struct VideoEncoding: Sendable {
    /// FFmpeg's name of an encoder that takes `yuv420p`.
    package var codec: String
    /// Size of the coded picture in pixels; both even.
    package var width: Int
    package var height: Int
    /// Nominal frames per second: what the header says, how long the last picture lasts. Pictures sit where they are put.
    package var frameRate: Rational
    /// Constant quality, 0 (best) to 51, as x264 and libvpx take it; others get a quantiser near it.
    package var quality: Int
    /// x264's speed preset; encoders without presets ignore it.
    package var preset: String
    /// Pictures from one key frame to the next at most.
    package var keyFrameInterval: Int
    /// Pictures that may be predicted from later ones in a row: what makes decoding order differ from showing order.
    package var bFrames: Int
    /// Length of a tick in seconds, to which picture times are rounded; nil divides the frame's duration until a
    /// tick is under 0.1 ms.
    package var timeBase: Rational?
    /// Clockwise turn that a player is told to apply: 0, 90, 180 or 270.
    package var rotationDegrees: Int
    /// Width of a pixel over its height.
    package var sampleAspectRatio: Rational
    /// Further options of the encoder by FFmpeg's names; those it does not know are an error.
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

/// How ``MediaWriter`` encodes sound.
package struct AudioEncoding: Sendable {
    /// FFmpeg's name of an encoder, e.g. `aac`, `libopus` (webm), `pcm_s16le` (mov, mkv, avi).
    package var codec: String
    /// Samples per second.
    package var sampleRate: Int
    package var channels: Int
    /// Bits per second; encoders without loss ignore it.
    package var bitRate: Int

    package init(codec: String = "aac", sampleRate: Int, channels: Int, bitRate: Int = 128_000) {
        self.codec = codec
        self.sampleRate = sampleRate
        self.channels = channels
        self.bitRate = bitRate
    }
}
