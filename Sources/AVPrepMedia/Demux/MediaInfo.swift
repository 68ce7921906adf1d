/// What a container says about a file: the values of a probe, before anything is decoded.
package struct MediaInfo: Sendable, Equatable, Codable {
    /// libavformat's name of the container, e.g. `mov,mp4,m4a,3gp,3g2,mj2`.
    package var container: String
    /// Duration by the container, in seconds, where it says.
    package var durationSeconds: Double?
    /// Bits per second by the container, 0 where it does not say.
    package var bitRate: Int
    /// Of which the best video and audio streams are chosen.
    package var streams = StreamCounts()
    /// The best video stream; attached pictures do not count.
    package var video: VideoStreamInfo? { didSet { measureSkew() } }
    /// The best audio stream.
    package var audio: AudioStreamInfo? { didSet { measureSkew() } }
    /// How much later the sound begins than the picture, in seconds; nil when one of them is missing.
    package private(set) var startSkewSeconds: Double?

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

    /// Where the later of the two streams begins, in seconds on the presentation clock: time 0 of a decode pass.
    package var commonStartSeconds: Double { max(video?.startSeconds ?? 0, audio?.startSeconds ?? 0) }

    private mutating func measureSkew() {
        guard let video, let audio else { return startSkewSeconds = nil }
        startSkewSeconds = audio.startSeconds - video.startSeconds
    }
}
