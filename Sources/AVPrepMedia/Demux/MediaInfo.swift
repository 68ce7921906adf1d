/// Properties of a media file as stated by its container, before anything is decoded.
package struct MediaInfo: Sendable, Equatable, Codable {
    /// libavformat's name of the container, e.g. `mov,mp4,m4a,3gp,3g2,mj2`.
    package var container: String
    /// Duration stated by the container, in seconds.
    package var durationSeconds: Double?
    /// Bit rate stated by the container, in bits per second; 0 where it is not stated.
    package var bitRate: Int
    /// The streams from which the best video and audio streams are chosen.
    package var streams = StreamCounts()
    /// The best video stream; attached pictures do not count.
    package var video: VideoStreamInfo? { didSet { measureSkew() } }
    /// The best audio stream.
    package var audio: AudioStreamInfo? { didSet { measureSkew() } }
    /// How much later the audio starts than the video, in seconds; nil when one of them is missing.
    package private(set) var startSkewSeconds: Double?
    /// The picture and sound streams that are not used, and why; nil when there are none.
    package var leftOut: [LeftOutStream]?
    /// Films behind the first one, which are not read; nil where there are none.
    package var further: [FurtherFilm]?

    package init(
        container: String, durationSeconds: Double?, bitRate: Int, video: VideoStreamInfo?, audio: AudioStreamInfo?
    ) {
        self.container = container
        self.durationSeconds = durationSeconds
        self.bitRate = bitRate
        self.video = video
        self.audio = audio
        measureSkew()
    }

    /// Start of the later of the two streams, in seconds on the presentation clock: time 0 of a decode pass.
    package var commonStartSeconds: Double { max(video?.startSeconds ?? 0, audio?.startSeconds ?? 0) }

    private mutating func measureSkew() {
        guard let video, let audio else { return startSkewSeconds = nil }
        startSkewSeconds = audio.startSeconds - video.startSeconds
    }
}
