package import AVPrepCore
import AVPrepMedia
package import AVPrepModel
package import AVPrepSettings
package import AVPrepStore
import AVPrepVision

/// Cuts the frames and the sound of one decode pass into segments, and passes each complete segment on.
///
/// A segment ends after `segment_seconds`, at a shot change, at a change of framing, at a timestamp jump, or at the end of
/// the video. Shot changes are detected some frames late, so a full segment is closed only that many frames later.
package final class Segmenter: DecodeConsumer {
    /// What became of the pass.
    package struct Tally: Sendable, Equatable, Codable {
        package var segments = 0
        /// Segment ends at cuts, in the middle of dissolves and after fades.
        package var cuts = 0
        /// Seconds in stretches shorter than `min_segment_seconds`.
        package var droppedSeconds = 0.0
    }

    private let settings: IngestSettings
    private let video: SegmentOrigin
    private let encoder: PictureEncoder
    private var frames: FramePreparation
    private let features: SegmentFeatures
    private let cues: SegmentCues
    /// The stretch of one cropPlan that the pass is in.
    private var stretch = 0
    private var view: CropPlanView
    private var cuts: CutDetector
    private let maximumFrames: Int
    private let minimumFrames: Int
    private var sounds: [SoundBuffer]
    private var firstFrame = 0
    /// Presentation time of the pass's time 0, in seconds; after a discontinuity, what would be it.
    private var originSeconds: Double
    /// The frame of the pass from which the cut detector counts.
    private var firstDetectedFrame = 0
    /// Frames of the pass that start a new shot and have not ended a segment yet.
    private var pendingCuts: [Int] = []
    /// Changes of shot, in frames of the pass, that a segment to come may hold a part of.
    private var recentChanges: [ShotChange] = []
    /// All changes of shot, at presentation times.
    package private(set) var changes: [CueRecord.Change] = []
    /// The segment before, until it is known whether a still picture follows it.
    private var held: SegmentData?
    /// Whether the segment to come begins with another shot than the one before it ended with.
    private var beginsShot = false
    private let cancellation: Cancellation
    private let emit: (SegmentData) throws -> Void
    package private(set) var tally = Tally()

    /// - Parameters:
    ///   - video: what all segments of this video share.
    ///   - emit: takes each finished segment, in order.
    package init(
        settings: IngestSettings, video: SegmentOrigin, encoder: PictureEncoder, features: SegmentFeatures,
        cancellation: Cancellation, emit: @escaping (SegmentData) throws -> Void
    ) throws {
        self.settings = settings
        self.video = video
        originSeconds = video.originSeconds
        self.encoder = encoder
        self.features = features
        cues = SegmentCues(settings: settings, cropPlan: video.cropPlan)
        let first = video.cropPlan.stretch(at: video.originSeconds)
        stretch = first
        view = CropPlanView(video.cropPlan.stretches[first])
        frames = try FramePreparation(
            settings: settings, width: video.cropPlan.stretches[first].width,
            height: video.cropPlan.stretches[first].height, encoder: encoder,
            keepsPictures: features.stabilisation.isNeeded)
        self.cancellation = cancellation
        self.emit = emit
        cuts = CutDetector(fps: settings.video.fps, settings: settings.cuts)
        maximumFrames = max(1, Int((settings.segmentSeconds * settings.video.fps).rounded(.down)))
        minimumFrames = max(1, Int((settings.minSegmentSeconds * settings.video.fps).rounded(.up)))
        sounds = settings.audioFormats.map { SoundBuffer(sampleRate: $0.sampleRate, channels: $0.channels) }
    }

    package func consume(frame picture: PixelBuffer, index: Int) throws {
        try cancellation.check()
        let current = video.cropPlan.stretch(at: originSeconds + Double(index) / settings.video.fps)
        if current != stretch {
            try endShot(beforeFrame: index)
            stretch = current
            view = CropPlanView(video.cropPlan.stretches[current])
            frames = try FramePreparation(
                settings: settings, width: video.cropPlan.stretches[current].width,
                height: video.cropPlan.stretches[current].height, encoder: encoder,
                keepsPictures: features.stabilisation.isNeeded)
        }
        let picture = try view.picture(in: picture)
        try frames.append(picture)
        note(try cuts.push(picture))
        try closeFullSegments(latency: cuts.latency)
    }

    package func consume(samples: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) throws {
        sounds[format].append(samples, at: firstSample)
    }

    /// Closes what is left when the pass has ended.
    package func finish() throws {
        note(cuts.finish())
        try closeFullSegments(latency: 0)
        if frames.count > 0 { try close(frames.count) }
        if let held { try emit(held) }
        held = nil
    }

    /// Ends the segment and the shot: nothing reaches across.
    private func endShot(beforeFrame index: Int) throws {
        try finish()
        cuts = CutDetector(fps: settings.video.fps, settings: settings.cuts)
        firstDetectedFrame = index
        beginsShot = false
    }

    /// Nothing reaches across: the segment ends, and so does the shot.
    package func consumeDiscontinuity(beforeFrame index: Int, seconds: Double) throws {
        try endShot(beforeFrame: index)
        originSeconds = seconds - Double(index) / settings.video.fps
    }

    /// Keeps what the cut detector has found, counted from the frame where it began.
    private func note(_ found: [ShotChange]) {
        for var change in found {
            change.start += firstDetectedFrame
            change.end += firstDetectedFrame
            change.newShot = change.newShot.map { $0 + firstDetectedFrame }
            recentChanges.append(change)
            let fps = settings.video.fps
            changes.append(
                CueRecord.Change(
                    form: change.form, startSeconds: originSeconds + Double(change.start) / fps,
                    endSeconds: originSeconds + Double(change.end) / fps, change: change.change))
            if settings.splitAtCuts, let frame = change.newShot { pendingCuts.append(frame) }
        }
    }

    private func closeFullSegments(latency: Int) throws {
        while true {
            if let cut = pendingCuts.first {
                pendingCuts.removeFirst()
                tally.cuts += 1
                if cut > firstFrame { try closeUpTo(cut) }
                beginsShot = true
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
        let part = video.cropPlan.stretches[stretch]
        if count >= minimumFrames {
            let segment = Segment(
                segmentID: Segment.id(video: video.videoID, number: tally.segments), videoID: video.videoID,
                source: video.source, startSeconds: originSeconds + start, frameCount: count, width: part.width,
                height: part.height, crop: part.span.crop)
            var data = try features.complete(segment, taken, from: start, to: end, &sounds)
            try cues.mark(
                &data.segment, taken, stretch: part, frames: firstFrame..<firstFrame + count,
                changes: recentChanges)
            try features.stabilisation.store(taken, in: &data)
            try hand(on: data)
            tally.segments += 1
        } else {
            tally.droppedSeconds += end - start
        }
        frames.recycle(taken)
        firstFrame += count
        beginsShot = false
        recentChanges.removeAll { $0.end <= firstFrame }
        for index in sounds.indices { sounds[index].drop(before: end) }
    }
}

extension Segmenter {
    /// Hands on the segment before this one: still pictures that follow one another are a slide show.
    private func hand(on data: SegmentData) throws {
        var data = data
        if beginsShot, data.segment.flags.contains(.still), held?.segment.flags.contains(.still) == true {
            data.segment.flags.insert(.slideshow)
            held?.segment.flags.insert(.slideshow)
        }
        if let held { try emit(held) }
        held = data
    }
}

/// What all segments of one video share.
package struct SegmentOrigin: Sendable {
    package let videoID: String
    package let source: String
    /// Presentation time of the decode pass's time 0, in seconds.
    package let originSeconds: Double
    package let cropPlan: CropPlan

    package init(videoID: String, source: String, originSeconds: Double, cropPlan: CropPlan) {
        self.videoID = videoID
        self.source = source
        self.originSeconds = originSeconds
        self.cropPlan = cropPlan
    }
}
