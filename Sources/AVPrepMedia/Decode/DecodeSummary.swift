package import AVPrepModel

/// Statistics of one decode pass.
package struct DecodeSummary: Sendable, Equatable, Codable {
    /// Frames delivered.
    package var frameCount = 0
    /// Pictures output by the decoder.
    package var decodedPictures = 0
    /// Counts of these pictures by kind.
    package var pictures = PictureCounts()
    /// Packets or pictures that the decoders rejected; the pass continued.
    package var decodeErrors = 0
    /// Longest time that a source picture was repeated beyond its own duration, in seconds.
    package var longestVideoGapSeconds = 0.0
    /// Longest gap in the audio, filled with silence or skipped, in seconds.
    package var longestAudioGapSeconds = 0.0
    /// Seconds of audio that were filled with silence or cut; nil for none.
    package var patchedAudioSeconds: Double?
    /// How much faster the timestamps of the audio advance than its samples, in parts per million; nil where they do not drift.
    package var clockDriftPPM: Double?
    /// Number of times the pass resumed elsewhere: after missing audio, or after a jump of the clock.
    package var discontinuities = 0
    /// Missing or damaged timestamps that were reconstructed from their neighbours.
    package var repairedTimestamps = 0

    /// The fraction of the file that is lost; nil for none. See ``LossMeasure``.
    package var lostShare: Double?
    /// Seconds of picture or sound that are in no frame, by reason.
    package var unusedSeconds: [UnusedReason: Double]?

    /// All packets of the video and of the audio stream, including those after the end of the other stream.
    package var videoStream = StreamMeasure()
    package var audioStream: StreamMeasure?
    /// Display durations of the pictures, in seconds, as stated by the file: their mean gives the rate, their spread
    /// its variability. Nil for fewer than two pictures.
    package var pictureIntervals: IntervalMeasure?

    /// Pictures per second, as measured; nil for fewer than two.
    package var frameRate: Double? { pictureIntervals.flatMap { $0.mean > 0 ? 1 / $0.mean : nil } }

    package init() {}
}
