package import AVPrepModel

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
    /// The part of the film that is asked for; nil: all of it.
    package var range: TimeRange? { didSet { measureSkew() } }

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

    /// Time 0 of a decode pass, in seconds on the presentation clock: the start of the later of the two streams, or where
    /// the range that is asked for begins after that.
    package var commonStartSeconds: Double { max(bothStartSeconds, rangeStartSeconds ?? bothStartSeconds) }

    private var bothStartSeconds: Double { max(video?.startSeconds ?? 0, audio?.startSeconds ?? 0) }

    /// Start of the earlier of the two streams: time 0 of the film, from which ranges count, as players do.
    package var filmStartSeconds: Double {
        min(video?.startSeconds ?? audio?.startSeconds ?? 0, audio?.startSeconds ?? video?.startSeconds ?? 0)
    }

    /// Where the range that is asked for begins and ends on the presentation clock.
    package var rangeStartSeconds: Double? { range.map { filmStartSeconds + $0.startSeconds } }
    package var rangeEndSeconds: Double? { range?.endSeconds.map { filmStartSeconds + $0 } }

    /// Duration of what is asked for, as far as the container states one, in seconds.
    package var askedSeconds: Double? {
        guard let range else { return durationSeconds }
        let end = [durationSeconds, range.endSeconds].compactMap(\.self).min()
        return end.map { max(0, $0 - range.startSeconds) }
    }

    private mutating func measureSkew() {
        // A range from within the film says nothing of how it begins.
        guard let video, let audio, rangeStartSeconds ?? bothStartSeconds <= bothStartSeconds else {
            return startSkewSeconds = nil
        }
        startSkewSeconds = audio.startSeconds - video.startSeconds
    }
}
