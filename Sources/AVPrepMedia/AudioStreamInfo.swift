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
