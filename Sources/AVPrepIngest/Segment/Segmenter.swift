import AVPrepAudio
package import AVPrepCore
package import AVPrepMedia
package import AVPrepModel
package import AVPrepSettings
package import AVPrepStore
import AVPrepVision

/// Cuts the frames and the sound of one decode pass into segments, and passes each complete segment on.
///
/// A segment ends after `segment_seconds`, at a shot change, at a change of framing, at a timestamp jump, or at the end of
/// the video. Shot changes are detected some frames late, so a full segment is closed only that many frames later.
package final class Segmenter: DecodeConsumer {
    /// Totals of the pass.
    package struct Tally: Sendable, Equatable, Codable {
        package var segments = 0
        /// Segment ends at cuts, in the middle of dissolves and after fades.
        package var cuts = 0
        /// Seconds in parts shorter than `min_segment_seconds`.
        package var droppedSeconds = 0.0
        /// Seconds in segments; nil in records of before.
        package var segmentSeconds: Double?
        /// ``droppedSeconds`` by what ended the parts.
        package var shortSeconds: [UnusedReason: Double]?
        /// Seconds left out because early sound was moved; nil without them.
        package var shiftedSeconds: Double?
    }

    private let settings: IngestSettings
    private let video: SegmentOrigin
    private let encoder: PictureEncoder
    private var frames: FramePreparation
    private let features: SegmentFeatures
    private let cues: SegmentCues
    /// Index of the current stretch of the crop plan.
    private var stretch = 0
    private var view: CropPlanView
    private var cuts: CutDetector
    private let maximumFrames: Int
    private let minimumFrames: Int
    private var sounds: [SoundBuffer]
    /// Where the sound that is held and belongs to the current shot starts, in seconds of the pass.
    private var soundStart = 0.0
    private var firstFrame = 0
    /// Presentation time of the pass's time 0, in seconds; after a timestamp jump, extrapolated back.
    private var originSeconds: Double
    /// The frame of the pass that the cut detector counts as 0.
    private var firstDetectedFrame = 0
    /// Frames of the pass that start a new shot where no segment has been ended yet.
    private var pendingCuts: [Int] = []
    /// Shot changes, in frames of the pass, that may extend into a later segment.
    private var recentChanges: [ShotChange] = []
    /// All shot changes, at presentation times.
    package private(set) var changes: [CueRecord.Change] = []
    /// The previous segment, held back until it is known whether a still picture follows.
    private var held: SegmentData?
    /// Repairs of the audio of frames that are in no segment yet.
    private var repairs: [(frame: Int, repair: AudioRepair)] = []
    /// Whether the next segment begins a new shot.
    private var beginsShot = false
    private let memory: HeldMemory
    private let cores: SpareCores?
    private let steps: PreparationSteps
    /// What ends the current segment, if it is too short.
    private var ending = UnusedReason.shortAtEnd
    private let cancellation: Cancellation
    private let emit: (SegmentData) throws -> Void
    package private(set) var tally = Tally()

    /// - Parameters:
    ///   - video: properties shared by all segments of the video.
    ///   - memory: how much of a segment is kept in memory.
    ///   - emit: receives each finished segment, in order.
    package init(
        settings: IngestSettings, video: SegmentOrigin, encoder: PictureEncoder, features: SegmentFeatures,
        memory: HeldMemory = HeldMemory(), cores: SpareCores? = nil, steps: PreparationSteps = PreparationSteps(),
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
            keepsPictures: features.stabilisation.isNeeded, memory: memory, cores: cores)
        (self.memory, self.cores) = (memory, cores)
        self.steps = steps
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
            try endShot(beforeFrame: index, .shortAtBorderChange)
            stretch = current
            view = CropPlanView(video.cropPlan.stretches[current])
            frames = try FramePreparation(
                settings: settings, width: video.cropPlan.stretches[current].width,
                height: video.cropPlan.stretches[current].height, encoder: encoder,
                keepsPictures: features.stabilisation.isNeeded, memory: memory, cores: cores)
        }
        try steps.reach(.picture)
        let picture = try view.picture(in: picture)
        try frames.append(picture)
        note(try cuts.push(picture))
        try closeFullSegments(latency: cuts.latency)
    }

    package func consume(samples: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) throws {
        sounds[format].append(samples, at: firstSample)
    }

    package func consume(repair: AudioRepair, ofFrame index: Int) throws { repairs.append((index, repair)) }

    /// Closes the last segments after the pass.
    package func finish() throws {
        note(cuts.finish())
        try closeFullSegments(latency: 0)
        if frames.count > 0 { try close(frames.count) }
        if let held { try emit(held) }
        held = nil
    }

    /// Ends the current segment and shot.
    private func endShot(beforeFrame index: Int, _ reason: UnusedReason) throws {
        ending = reason
        try finish()
        ending = .shortAtEnd
        cuts = CutDetector(fps: settings.video.fps, settings: settings.cuts)
        firstDetectedFrame = index
        beginsShot = false
        soundStart = Double(firstFrame) / settings.video.fps
    }

    /// A timestamp jump ends the current segment and shot.
    package func consumeDiscontinuity(beforeFrame index: Int, seconds: Double) throws {
        try endShot(beforeFrame: index, .shortAtGap)
        originSeconds = seconds - Double(index) / settings.video.fps
    }

    /// Records the changes found by the cut detector, whose frames count from where it started.
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
                let reason = ending
                ending = .shortAtCut
                if cut > firstFrame { try closeUpTo(cut) }
                ending = reason
                beginsShot = true
                soundStart = Double(firstFrame) / settings.video.fps
            } else if frames.count >= maximumFrames + latency {
                try close(maximumFrames)
            } else {
                return
            }
        }
    }

    /// Closes everything before frame `end`, as several segments if it is too long for one.
    private func closeUpTo(_ end: Int) throws {
        while firstFrame < end { try close(min(maximumFrames, end - firstFrame)) }
    }

    private func close(_ count: Int) throws {
        let fps = settings.video.fps
        let last = firstFrame + count
        let (start, end) = (Double(firstFrame) / fps, Double(last) / fps)
        let part = video.cropPlan.stretches[stretch]
        var segment = Segment(
            segmentID: Segment.id(video: video.videoID, number: tally.segments), videoID: video.videoID,
            source: video.source, startSeconds: originSeconds + start, frameCount: count, width: part.width,
            height: part.height, crop: part.span.crop)
        var isStored = false
        var measured: MeasuredSound?
        var shift: SoundShift?
        let all = try frames.take(count) { taken in
            guard count >= minimumFrames else { return false }
            if settings.mayShiftSound {
                try steps.reach(.sound)
                let sound = features.measureSound(taken, &sounds, from: start, to: end)
                measured = sound
                shift = SoundShift(
                    sound, from: start, soundStart: soundStart, count: count, minimumFrames: minimumFrames, fps: fps)
            }
            try steps.reach(.cues)
            let lost = shift?.lostFrames ?? 0
            cues.mark(
                &segment, taken.dropping(first: lost), stretch: part, frames: firstFrame + lost..<last,
                changes: recentChanges)
            // Stabilising adds flags of its own.
            isStored =
                features.stabilisation.isNeeded
                || !(settings.policy[flag: .still] == .drop && segment.flags.contains(.still))
            return isStored
        }
        if count >= minimumFrames {
            var taken = all
            var sound = (from: start, to: end)
            if let shift {
                taken = all.dropping(first: shift.lostFrames)
                let first = Double(firstFrame + shift.lostFrames) / fps
                segment.startSeconds = originSeconds + first
                segment.frameCount = taken.count
                sound = (from: max(soundStart, first - shift.seconds), to: end - shift.seconds)
                measured = features.measureSound(
                    taken, &sounds, from: sound.from, to: sound.to, skew: shift.estimate)
                if shift.lostFrames > 0 { tally.shiftedSeconds = (tally.shiftedSeconds ?? 0) + first - start }
            }
            var data = try features.complete(
                segment, taken, from: sound.from, to: sound.to, &sounds, measured: measured, isStored: isStored)
            shift?.mark(&data.segment)
            mark(&data.segment, soundFrom: sound.from, to: sound.to)
            try steps.reach(.stabilisation)
            try features.stabilisation.store(taken, in: &data, memory)
            try hand(on: data)
            tally.segments += 1
            tally.segmentSeconds = (tally.segmentSeconds ?? 0) + Double(taken.count) / fps
        } else {
            tally.droppedSeconds += end - start
            tally.shortSeconds = (tally.shortSeconds ?? [:]).merging([ending: end - start], uniquingKeysWith: +)
        }
        frames.recycle(all)
        firstFrame = last
        beginsShot = false
        recentChanges.removeAll { $0.end <= firstFrame }
        soundStart = max(soundStart, end - settings.heldSoundSeconds)
        repairs.removeAll { $0.frame < Int(soundStart * fps) }
        for index in sounds.indices { sounds[index].drop(before: soundStart) }
    }
}

extension Segmenter {
    /// Sets the measures of the audio's repairs in a segment with the sound of `[from, to)` seconds of the pass.
    private func mark(_ segment: inout Segment, soundFrom from: Double, to: Double) {
        let first = Int((from * settings.video.fps).rounded())
        let own = repairs.filter { (first..<first + segment.frameCount).contains($0.frame) }.map(\.repair)
        let share = min(1, own.reduce(0) { $0 + $1.patchedSeconds } / (to - from))
        segment.measures[.patchedShare] = Float(share)
        if share > 0, share >= settings.sound.patchedShare { segment.flags.insert(.patchedSound) }
        segment.measures[.clockDrift] = own.last { $0.driftPPM != nil }.flatMap(\.driftPPM).map { Float($0) }
    }

    /// Emits the previous segment. Consecutive still segments are a slide show.
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

/// The properties shared by all segments of a video.
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
