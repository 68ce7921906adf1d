import AVPrepCore

/// Thresholds from which the video and audio of a segment count as skewed.
package struct SkewSettings: Sendable, Equatable, StoredSettings {
    /// Largest difference of the streams' start times, in seconds. It is compensated in any case; a large one suggests
    /// a file that was cut or joined badly.
    package var maxStartSeconds = 0.5
    /// Largest offset between audio and video, in seconds. Only early audio has the confidence to exceed it.
    package var maxSeconds = 0.1
    /// Minimum confidence of an estimate.
    package var minConfidence = 0.99
    /// Largest offset examined, in seconds; 0 disables the estimate.
    package var searchSeconds = 1.0

    package init() {}
}
