/// The margins cropped from each side of a picture, in source pixels after rotation, before scaling.
package struct CropMargins: Sendable, Hashable, Codable {
    package var top: Int
    package var bottom: Int
    package var left: Int
    package var right: Int

    package init(top: Int = 0, bottom: Int = 0, left: Int = 0, right: Int = 0) {
        self.top = top
        self.bottom = bottom
        self.left = left
        self.right = right
    }

    /// No crop.
    package static let none = CropMargins()

    /// The larger margin on each side.
    package func union(_ other: CropMargins) -> CropMargins {
        CropMargins(
            top: max(top, other.top), bottom: max(bottom, other.bottom), left: max(left, other.left),
            right: max(right, other.right))
    }
}

/// The part of the dataset that a video belongs to. Whole videos are split, never segments.
package enum Split: String, Sendable, Codable, CaseIterable {
    case train, val, test
}

/// Properties detected in a segment. Stored as a bit set; the file's attribute `flag_names` holds the names below, bit
/// 0 first. New flags are appended.
package struct SegmentFlags: OptionSet, Sendable, Hashable, Codable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let blackBorder = SegmentFlags(rawValue: 1 << 0)
    package static let pan = SegmentFlags(rawValue: 1 << 1)
    package static let tilt = SegmentFlags(rawValue: 1 << 2)
    package static let zoom = SegmentFlags(rawValue: 1 << 3)
    package static let roll = SegmentFlags(rawValue: 1 << 4)
    package static let shake = SegmentFlags(rawValue: 1 << 5)
    package static let staticCamera = SegmentFlags(rawValue: 1 << 6)
    package static let motionUnreliable = SegmentFlags(rawValue: 1 << 7)
    package static let still = SegmentFlags(rawValue: 1 << 8)
    package static let silent = SegmentFlags(rawValue: 1 << 9)
    /// The black border changes during the video.
    package static let borderChange = SegmentFlags(rawValue: 1 << 10)
    /// Stored frames show a black bar that was not cropped.
    package static let borderMissed = SegmentFlags(rawValue: 1 << 11)
    /// Bars filled with a blurred copy of the picture, or with a plain colour.
    package static let fillerBorder = SegmentFlags(rawValue: 1 << 12)
    /// A fade from or to black, white or another plain picture.
    package static let fade = SegmentFlags(rawValue: 1 << 13)
    /// Part of a dissolve from one shot to another.
    package static let dissolve = SegmentFlags(rawValue: 1 << 14)
    /// A still image among others: a slide show.
    package static let slideshow = SegmentFlags(rawValue: 1 << 15)
    /// A steady hum, whistle or test tone, and little else.
    package static let constantTone = SegmentFlags(rawValue: 1 << 16)
    /// The audio is clipped at full scale.
    package static let clipping = SegmentFlags(rawValue: 1 << 17)
    /// The audio has a DC offset.
    package static let dcOffset = SegmentFlags(rawValue: 1 << 18)
    /// One of two channels is silent while the other is not.
    package static let deadChannel = SegmentFlags(rawValue: 1 << 19)
    /// The audio repeats itself: shifted by one period it matches the video again.
    package static let periodicSound = SegmentFlags(rawValue: 1 << 20)
    /// The file's video and audio streams start far apart.
    package static let startSkew = SegmentFlags(rawValue: 1 << 21)
    /// The audio leads the video. That it lags cannot be told from the sound's way to the microphone.
    package static let skewed = SegmentFlags(rawValue: 1 << 22)
    /// The camera's motion was to be removed and could not be: too little of it is known, or too little of the picture
    /// is left.
    package static let notStabilised = SegmentFlags(rawValue: 1 << 23)
    /// Part of the file could not be read or decoded.
    package static let damaged = SegmentFlags(rawValue: 1 << 24)
    /// More than a few per cent of the audio is silence filled in where samples are missing, or was cut.
    package static let patchedSound = SegmentFlags(rawValue: 1 << 25)

    /// Name of each bit, bit 0 first.
    package static let names = [
        "black-border", "pan", "tilt", "zoom", "roll", "shake", "static-camera", "motion-unreliable", "still", "silent",
        "border-change", "border-missed", "filler-border", "fade", "dissolve", "slideshow",
        "constant-tone", "clipping", "dc-offset", "dead-channel", "periodic-sound", "start-skew", "skewed",
        "not-stabilised", "damaged", "patched-sound",
    ]

    /// The names of the bits that are set, lowest first.
    package var setNames: [String] { Self.names.indices.filter { rawValue & (1 << $0) != 0 }.map { Self.names[$0] } }
}

/// The crop of a stabilised segment: every frame was warped to the segment's central frame, and the region visible in
/// all frames was stored.
package struct StabilisedFraming: Sendable, Hashable, Codable {
    /// Size of the frames before cropping, in pixels.
    package var width: Int
    package var height: Int
    /// Margins cropped from the central frame, in its pixels. The rest was scaled to the stored size.
    package var crop: CropMargins

    package init(width: Int, height: Int, crop: CropMargins) {
        self.width = width
        self.height = height
        self.crop = crop
    }
}

/// A half-open interval `[start, end)` of one video in which video and audio both exist, with no cut inside.
///
/// Frame k shows what was on screen at `startSeconds + k / fps`; audio sample n is at `startSeconds + n / sr`.
package struct Segment: Sendable, Equatable, Codable {
    /// `VIDEO-NNNN`: the video's id and the segment's number in it.
    package var segmentID: String
    /// The first 32 hexadecimal digits of the SHA-256 of the file's bytes.
    package var videoID: String
    /// The path of the file as the corpus lists it.
    package var source: String
    /// Start on the container's presentation clock, in seconds.
    package var startSeconds: Double
    /// Number of stored frames.
    package var frameCount: Int
    /// Size of a stored frame in pixels.
    package var width: Int
    package var height: Int
    /// Margins cropped from the source picture.
    package var crop: CropMargins
    /// Crop of the stabilised frames; nil where the camera's motion was left in.
    package var stabilised: StabilisedFraming?
    package var flags: SegmentFlags
    /// Measured values; a measure that was not requested is absent.
    package var measures: [SegmentMeasure: Float]
    /// What the policy decided from the flags.
    package var decision = SegmentDecision()

    package init(
        segmentID: String, videoID: String, source: String, startSeconds: Double, frameCount: Int, width: Int,
        height: Int, crop: CropMargins = .none, flags: SegmentFlags = [], measures: [SegmentMeasure: Float] = [:]
    ) {
        self.segmentID = segmentID
        self.videoID = videoID
        self.source = source
        self.startSeconds = startSeconds
        self.frameCount = frameCount
        self.width = width
        self.height = height
        self.crop = crop
        self.flags = flags
        self.measures = measures
    }

    /// Times from this on are damage, in seconds: 32 bits, which hold the clocks that count from 1970 or 1904 (1.7e9 s and
    /// 3.8e9 s today). Double precision is half a microsecond there, finer than every comparison of times.
    package static let latestSeconds = 4_294_967_296.0

    /// The id of segment `number` of a video.
    package static func id(video: String, number: Int) -> String {
        "\(video)-\(number.zeroPadded(to: 4))"
    }
}
