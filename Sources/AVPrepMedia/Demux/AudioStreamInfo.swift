/// An audio stream as described by its container.
package struct AudioStreamInfo: Sendable, Equatable, Codable {
    package var index: Int
    package var codec: String
    package var profile: String?
    package var sampleRate: Int
    package var channels: Int
    /// FFmpeg's name of the channel layout, e.g. `stereo`, `5.1(side)`, or `3 channels` where positions are unknown.
    package var layout: String
    /// ISO 639 language where the container names one.
    package var language: String?
    /// FFmpeg's names of the stream's dispositions, e.g. `default`, `dub`, `visual_impaired`.
    package var dispositions: [String]
    /// Presentation time of the first sample, in seconds.
    package var startSeconds: Double
    package var durationSeconds: Double?
    /// How the channels are mixed where the ordinary downmix loses the sound; nil for the ordinary one.
    package var mixing: ChannelMixing?
    /// True where nothing sounds in the whole stream.
    package var isSilent: Bool?

    package init(
        index: Int, codec: String, profile: String?, sampleRate: Int, channels: Int, layout: String,
        language: String?, dispositions: [String], startSeconds: Double, durationSeconds: Double?
    ) {
        self.index = index
        self.codec = codec
        self.profile = profile
        self.sampleRate = sampleRate
        self.channels = channels
        self.layout = layout
        self.language = language
        self.dispositions = dispositions
        self.startSeconds = startSeconds
        self.durationSeconds = durationSeconds
    }
}
