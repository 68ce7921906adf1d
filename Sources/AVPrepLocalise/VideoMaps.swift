import AVPrepClips
import AVPrepCore
import AVPrepModel
import AVPrepStore
import AVPrepTraining

/// What a run says of a whole video: its maps and scores over time, segment by segment.
struct VideoMaps {
    /// One segment.
    struct Part {
        /// Its row in the shard.
        let row: Int
        /// On the video's clock.
        let startSeconds: Double
        let seconds: Double
        var picture: MapTimeline
        /// Of the spectrogram: one row, the bins as columns. Nil for a network that hears none.
        var sound: MapTimeline?
        /// The score of each clip at its middle, in seconds from the segment's start.
        var scores: [(seconds: Double, score: Float)] = []
    }

    let reader: ShardReader
    private(set) var parts: [Part] = []
    /// The values in full colour; nil where nothing speaks for the answer.
    private(set) var pictureTop: Float?
    private(set) var soundTop: Float?
    private(set) var clips = 0
    /// In order of time.
    private(set) var moments: [LocaliseReport.Moment] = []

    /// - Parameters:
    ///   - clips: of one shard, in order.
    ///   - keepsMaps: whether moments hold their maps.
    ///   - progress: called after each clip.
    init(
        _ localiser: Localiser, _ clips: ShardDataset, in reader: ShardReader, keepsMaps: Bool,
        cancellation: Cancellation, progress: (Int) -> Void
    ) throws {
        self.reader = reader
        let fps = reader.layout.fps
        var open: [Int: Part] = [:]
        try localiser.localise(clips, cancellation: cancellation) { number, clip in
            let row = Int(clip.pair.videoSegment)
            let stored = reader.segments[row]
            let seconds = Double(localiser.measured.clipFrames) / fps
            let start = Double(clip.pair.videoStartFrame) / fps
            var part =
                open[row]
                ?? Part(
                    row: row, startSeconds: stored.segment.startSeconds, seconds: Double(stored.frames.count) / fps,
                    picture: MapTimeline(height: clip.picture.height, width: clip.picture.width, fps: fps),
                    sound: clip.sound.map { MapTimeline(height: 1, width: $0.width, fps: fps) })
            part.picture.add(clip.picture, from: start, seconds: seconds)
            if let sound = clip.sound {
                part.sound?.add(
                    sound, from: clip.pair.audioStartSeconds, seconds: localiser.measured.soundSeconds)
            }
            part.scores.append((start + seconds / 2, clip.score))
            open[row] = part
            progress(number + 1)
        }
        self.clips = clips.count
        parts = open.values.sorted { ($0.startSeconds, $0.row) < ($1.startSeconds, $1.row) }
        for index in parts.indices {
            parts[index].picture.finish()
            parts[index].sound?.finish()
        }
        moments = parts.flatMap { part in
            part.scores.map { seconds, score in
                LocaliseReport.Moment(
                    part, segment: reader.segments[part.row].segment, seconds: seconds, score: score,
                    share: localiser.cropShare, keepsMap: keepsMaps)
            }
        }.sorted { $0.seconds < $1.seconds }
        pictureTop = HeatScale.top(of: parts.lazy.flatMap(\.picture.entries).flatMap(\.values))
        soundTop = HeatScale.top(of: parts.lazy.compactMap(\.sound).flatMap(\.entries).flatMap(\.values))
    }

    /// Start and end on the video's clock.
    var span: (start: Double, end: Double) {
        (parts.first?.startSeconds ?? 0, parts.map { $0.startSeconds + $0.seconds }.max() ?? 0)
    }

    /// The map of a part's picture at a moment.
    func heat(_ part: Part, at seconds: Double) -> HeatMap? {
        guard let top = pictureTop, let values = part.picture.values(at: seconds) else { return nil }
        return HeatMap(height: part.picture.height, width: part.picture.width, values: values, top: top)
    }
}
