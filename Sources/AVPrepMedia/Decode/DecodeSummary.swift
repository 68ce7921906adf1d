/// What one decode pass found.
package struct DecodeSummary: Sendable, Equatable, Codable {
    /// Frames delivered.
    package var frameCount = 0
    /// Pictures that came out of the decoder.
    package var decodedPictures = 0
    /// What kinds of pictures these were.
    package var pictures = PictureCounts()
    /// Packets or pictures the decoders refused; the pass went on.
    package var decodeErrors = 0
    /// The longest stretch, in seconds, for which one source picture had to stand, beyond its own duration.
    package var longestVideoGapSeconds = 0.0
    /// The longest stretch of missing sound, filled with silence or left out, in seconds.
    package var longestAudioGapSeconds = 0.0
    /// How often the pass went on elsewhere: over missing sound, or after a jump of the clock.
    package var discontinuities = 0
    /// Timestamps that were missing or damaged and made up from those around them.
    package var repairedTimestamps = 0

    /// All packets of the stream of pictures and of the stream of sound, also those after the end of the other.
    package var videoStream = StreamMeasure()
    package var audioStream: StreamMeasure?
    /// How long each picture stood, in seconds, as stated: the rate, and how variable it is. nil for fewer than two
    /// pictures.
    package var pictureIntervals: IntervalMeasure?

    /// Pictures per second, as measured; nil for fewer than two.
    package var frameRate: Double? { pictureIntervals.flatMap { $0.mean > 0 ? 1 / $0.mean : nil } }

    package init() {}
}
