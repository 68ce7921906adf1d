/// Limits within which a file is decoded. Whatever goes past one fails that file alone, with its reason.
package struct MediaLimits: Sendable, Equatable, Codable {
    /// Largest coded picture in pixels; the default takes 8K (7680 × 4320) with room to spare.
    package var maxPixels = 67_108_864
    /// Largest number of streams in one file.
    package var maxStreams = 64
    /// Longest wall-clock time for reading one file, in seconds; what a consumer takes for its own work does not count.
    package var maxSeconds: Double = 3600

    package init() {}
}

/// A rate and channel layout that audio is resampled to.
package struct AudioFormat: Sendable, Hashable, Codable {
    /// Samples a second.
    package var sampleRate: Int
    /// 1 (mono: the mean of all channels by FFmpeg's default downmix matrix) or 2 (stereo).
    package var channels: Int

    package init(sampleRate: Int, channels: Int) {
        self.sampleRate = sampleRate
        self.channels = channels
    }
}
