import AVPrepAudio
import AVPrepCore
import AVPrepMedia
import AVPrepStore
import AVPrepVision

/// Cuts the stream of frames and sound of one decode pass into segments, and hands each on, complete.
///
/// A segment ends after `segment_seconds`, at a cut, where the clock jumps, or where the video ends. Cuts are known a few
/// frames late, so that many frames wait before a full segment is closed.
final class SegmentAssembler: DecodeConsumer {
    /// What became of the pass.
    struct Tally: Sendable, Equatable, Codable {
        var segments = 0
        var cuts = 0
        /// Seconds in stretches shorter than `min_segment_seconds`.
        var droppedSeconds = 0.0
    }

    private let settings: IngestSettings
    private let video: SegmentOrigin
    private let frames: FramePreparation
    private let features: SegmentFeatures
    private var cuts: CutDetector?
    private let maximumFrames: Int
    private let minimumFrames: Int
    private var sounds: [SoundBuffer]
    private var firstFrame = 0
    /// Presentation time of the pass's time 0, in seconds; after a discontinuity, what would be it.
    private var originSeconds: Double
    /// The frame of the pass from which the cut detector counts.
    private var firstDetectedFrame = 0
    /// Frames, counted by the cut detector, that start a new shot and have not ended a segment yet.
    private var pendingCuts: [Int] = []
    private let cancellation: Cancellation
    private let emit: (SegmentData) throws -> Void
    private(set) var tally = Tally()

    /// - Parameters:
    ///   - video: what all segments of this video share.
    ///   - emit: takes each finished segment, in order.
    init(
        settings: IngestSettings, video: SegmentOrigin, frames: FramePreparation, features: SegmentFeatures,
        cancellation: Cancellation, emit: @escaping (SegmentData) throws -> Void
    ) {
        self.settings = settings
        self.video = video
        originSeconds = video.originSeconds
        self.frames = frames
        self.features = features
        self.cancellation = cancellation
        self.emit = emit
        cuts = settings.splitAtCuts ? CutDetector(fps: settings.video.fps) : nil
        maximumFrames = max(1, Int((settings.segmentSeconds * settings.video.fps).rounded(.down)))
        minimumFrames = max(1, Int((settings.minSegmentSeconds * settings.video.fps).rounded(.up)))
        sounds = settings.audioFormats.map { SoundBuffer(sampleRate: $0.sampleRate, channels: $0.channels) }
    }

    func consume(frame picture: Image8, index: Int) throws {
        try cancellation.check()
        try frames.append(picture)
        if let found = try cuts?.push(picture) { pendingCuts += found.compactMap(\.newShot) }
        try closeFullSegments(latency: cuts?.latency ?? 0)
    }

    func consume(samples: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) throws {
        sounds[format].append(samples, at: firstSample)
    }

    /// Closes what is left when the pass has ended.
    func finish() throws {
        if let found = cuts?.finish() { pendingCuts += found.compactMap(\.newShot) }
        try closeFullSegments(latency: 0)
        if frames.count > 0 { try close(frames.count) }
    }

    /// Nothing reaches across: the segment ends, and so does the shot.
    func consumeDiscontinuity(beforeFrame index: Int, seconds: Double) throws {
        try finish()
        cuts = settings.splitAtCuts ? CutDetector(fps: settings.video.fps) : nil
        firstDetectedFrame = index
        originSeconds = seconds - Double(index) / settings.video.fps
    }

    private func closeFullSegments(latency: Int) throws {
        while true {
            if let found = pendingCuts.first {
                pendingCuts.removeFirst()
                let cut = firstDetectedFrame + found
                tally.cuts += 1
                if cut > firstFrame { try closeUpTo(cut) }
            } else if frames.count >= maximumFrames + latency {
                try close(maximumFrames)
            } else {
                return
            }
        }
    }

    /// Closes everything before frame `end`: what is longer than a segment may be becomes several.
    private func closeUpTo(_ end: Int) throws {
        while firstFrame < end { try close(min(maximumFrames, end - firstFrame)) }
    }

    private func close(_ count: Int) throws {
        let fps = settings.video.fps
        let start = Double(firstFrame) / fps
        let end = Double(firstFrame + count) / fps
        let taken = frames.take(count)
        if count >= minimumFrames {
            let segment = Segment(
                segmentID: Segment.id(video: video.videoID, number: tally.segments), videoID: video.videoID,
                source: video.source, startSeconds: originSeconds + start, frameCount: count, width: video.width,
                height: video.height, crop: video.crop, flags: video.crop == .none ? [] : .blackBorder)
            try emit(features.complete(segment, taken, from: start, to: end, &sounds))
            tally.segments += 1
        } else {
            tally.droppedSeconds += end - start
        }
        frames.recycle(taken.greys)
        firstFrame += count
        for index in sounds.indices { sounds[index].drop(before: end) }
    }
}

/// What all segments of one video share.
struct SegmentOrigin: Sendable {
    let videoID: String
    let source: String
    /// Presentation time of the decode pass's time 0, in seconds.
    let originSeconds: Double
    /// Size of a stored frame.
    let width: Int
    let height: Int
    let crop: CropMargins
}
