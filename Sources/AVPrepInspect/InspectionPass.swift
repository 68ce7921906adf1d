import AVPrepAudio
import AVPrepCatalog
import AVPrepCore
import AVPrepDrawing
import AVPrepIngest
import AVPrepMedia
import AVPrepModel
import AVPrepPolicy
import AVPrepSettings
import AVPrepStore
import AVPrepVision
import Foundation

/// Collects, in one decode pass of `avprep inspect`, what ingest's stages make of the video, and what a drawing needs.
///
/// Segments, their flags and measures come from the same code that ingest runs, on the picture inside the border. The
/// pass itself decodes the whole picture, so that a drawing can show the border. Memory does not grow with the video's
/// length, except for one entry per segment, cut and stretch.
final class InspectionPass: DecodeConsumer {
    /// One segment as ingest would store it.
    struct SegmentSummary: Sendable, Equatable, Codable {
        let startSeconds: Double
        let seconds: Double
        let flags: [String]
        let measures: [String: Float]
        /// Whether ingest drops it because it is too short.
        let isDropped: Bool
        /// The policy's decision, with its reasons.
        let decision: DecidedSegment
    }

    /// The format of the sound that is drawn and measured: mono.
    static let format = AudioFormat(sampleRate: SpectrogramStream.settings.sampleRate, channels: 1)
    /// Shorter stretches count neither as still nor as silent.
    static let leastStretchSeconds = 0.5

    let border: InspectionBorder
    private(set) var segments: [SegmentSummary] = []
    /// Frames of the pass that begin a shot.
    private(set) var cuts: [Int] = []
    /// Fades and dissolves, in frames of the pass.
    private(set) var blends: [ShotChange] = []
    /// Frames of the pass before which the timestamps jump.
    private(set) var jumps: [Int] = []
    private(set) var frameCount = 0
    private(set) var envelope = SoundEnvelope(sampleRate: format.sampleRate)
    private(set) var sampler: FrameSampler?
    private let spectrogram: SpectrogramStream?
    private let settings: IngestSettings
    /// For each frame after a timestamp jump (and the first frame): the presentation time that corresponds to the
    /// pass's time 0 from there on. Latest last.
    private var origins: [(frame: Int, seconds: Double)]
    private let hasSound: Bool
    private let onProgress: (Int) -> Void
    private let part: PixelBuffer
    private let grey: PixelBuffer
    private var lastGrey: PixelBuffer?
    private var segmenter: Segmenter
    private var cutDetector: CutDetector
    /// The frame that the cut detector counts as 0.
    private var firstDetectedFrame = 0
    private var freezeDetector: FreezeDetector
    /// The next frame for which it is not yet known whether the picture is frozen.
    private var nextUndecidedFrame = 1
    private var stillFinder = StretchFinder(leastSeconds: leastStretchSeconds)
    private var soundMeter: SoundMeter

    /// - Parameters:
    ///   - settings: the ingest settings to inspect it with.
    ///   - border: the position of the picture in the decoded frames.
    ///   - info: the container's properties.
    ///   - draws: whether a drawing is needed.
    ///   - onProgress: receives the number of frames so far.
    init(
        settings: IngestSettings, border: InspectionBorder, info: MediaInfo, draws: Bool, cancellation: Cancellation,
        onProgress: @escaping (Int) -> Void
    ) throws {
        // Segments of all lengths are inspected, and nothing is computed that only a prepared file needs.
        var looked = settings
        looked.minSegmentSeconds = 0
        looked.flow.method = .off
        looked.stabilise.enabled = false
        looked.policy[flag: IngestSettings.steadiedFlags] = .keep
        looked.spectrograms = []
        looked.pcm.sampleRate = 0
        self.settings = settings
        self.border = border
        self.onProgress = onProgress
        origins = [(0, info.commonStartSeconds)]
        hasSound = info.audio != nil
        part = PixelBuffer(width: border.inner.width, height: border.inner.height, channels: 3)
        grey = PixelBuffer(width: part.width, height: part.height, channels: 1)
        cutDetector = CutDetector(fps: settings.video.fps, settings: settings.cuts)
        freezeDetector = FreezeDetector(fps: settings.video.fps, level: Float(settings.still.level))
        soundMeter = SoundMeter(
            sampleRate: Self.format.sampleRate, silenceDecibels: settings.silenceDecibels,
            leastSeconds: Self.leastStretchSeconds)
        sampler = draws ? FrameSampler() : nil
        spectrogram = draws && hasSound ? try SpectrogramStream() : nil
        let sink = SegmentSink()
        let encoder = try PictureEncoder(.jpeg, quality: settings.video.quality)
        segmenter = try Segmenter(
            settings: looked,
            video: SegmentOrigin(
                videoID: "", source: "", originSeconds: info.commonStartSeconds,
                cropPlan: CropPlan(
                    crop: border.margins, width: part.width, height: part.height,
                    fixed: settings.policy.fixed.intersection(.blackBorder))),
            encoder: encoder,
            features: try SegmentFeatures(settings: looked, transforms: [], encoder: encoder),
            cancellation: cancellation,
            emit: { sink.segments.append($0.segment) })
        self.sink = sink
        formats = looked.audioFormats
    }

    /// Receives the segments; separate from the pass, because the segmenter is created before the pass.
    private final class SegmentSink {
        var segments: [Segment] = []
    }

    private let sink: SegmentSink
    /// The audio formats that ingest's stages need; the pass's own is added after them.
    private let formats: [AudioFormat]

    /// The decode request of this pass.
    func request() -> DecodeRequest {
        DecodeRequest(
            fps: settings.video.fps, shortSide: border.decodedShortSide,
            audio: hasSound ? formats + [Self.format] : [])
    }

    func consume(frame picture: PixelBuffer, index: Int) throws {
        frameCount = index + 1
        border.copyInner(of: picture, into: part)
        try segmenter.consume(frame: part, index: index)
        take(try cutDetector.push(part))
        try Grey.convert(part, into: grey)
        let isFirst = lastGrey == nil || jumps.last == index
        let change = lastGrey.map { isFirst ? 0 : FreezeAnalysis.difference($0, grey) } ?? 0
        let isRepeated = !isFirst && change == 0
        if let finding = try freezeDetector.push(grey, change: change) { takeStillness([finding]) }
        if lastGrey == nil {
            lastGrey = PixelBuffer(width: grey.width, height: grey.height, channels: 1)
        }
        lastGrey?.copyPixels(from: grey)
        sampler?.push(picture, grey: grey, index: index, isRepeated: isRepeated)
        onProgress(frameCount)
    }

    func consume(samples: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) throws {
        guard format == formats.count else {
            return try segmenter.consume(samples: samples, format: format, firstSample: firstSample)
        }
        envelope.push(samples)
        spectrogram?.push(samples)
        soundMeter.push(samples)
    }

    func consumeDiscontinuity(beforeFrame index: Int, seconds: Double) throws {
        try segmenter.consumeDiscontinuity(beforeFrame: index, seconds: seconds)
        take(cutDetector.finish())
        cutDetector = CutDetector(fps: settings.video.fps, settings: settings.cuts)
        firstDetectedFrame = index
        finishStillness(beforeFrame: index)
        soundMeter.endStretch()
        jumps.append(index)
        origins.append((index, seconds - Double(index) / settings.video.fps))
    }

    func consume(repair: AudioRepair, ofFrame index: Int) throws {
        try segmenter.consume(repair: repair, ofFrame: index)
    }

    /// Ends the pass and completes what was still undecided.
    ///
    /// - Parameter summary: of the pass.
    func finish(_ summary: DecodeSummary) throws {
        try segmenter.finish()
        takeSegments(lostShare: summary.lostShare)
        take(cutDetector.finish())
        finishStillness(beforeFrame: frameCount)
        soundMeter.endStretch()
        spectrogram?.finish()
    }

    // MARK: - Results

    /// In seconds of the pass.
    var still: Stretches { stillFinder.found }
    /// In seconds of the pass; nil without sound.
    var silent: Stretches? { hasSound ? soundMeter.silent : nil }
    var overview: SpectrogramOverview? { spectrogram?.overview }

    /// nil without sound.
    var sound: SoundSummary? { soundMeter.summary }

    /// The presentation time of a time in the pass, in seconds.
    func presented(_ passSeconds: Double) -> Double {
        let frame = passSeconds * settings.video.fps + 1e-6
        let origin = origins.last { Double($0.frame) <= frame } ?? origins[0]
        return origin.seconds + passSeconds
    }

    /// The presentation time of a frame, in seconds.
    func presented(frame: Int) -> Double { presented(Double(frame) / settings.video.fps) }

    /// The time in the pass that is presented at `seconds`: the earliest one from `least` on.
    func passSeconds(presented seconds: Double, notBefore least: Double) -> Double {
        let found = origins.map { seconds - $0.seconds }.filter { time in
            time > least - 0.5 / settings.video.fps && abs(presented(time) - seconds) < 0.5 / settings.video.fps
        }
        return found.min() ?? least
    }

    /// The same stretches in presentation time.
    func presented(_ stretches: Stretches) -> Stretches {
        var stretches = stretches
        stretches.list = stretches.list.map { stretch in
            let start = presented(stretch.startSeconds)
            return .init(startSeconds: start, endSeconds: start + stretch.endSeconds - stretch.startSeconds)
        }
        return stretches
    }

    /// Takes the freeze detector's findings about the next frames.
    private func takeStillness(_ findings: [FreezeDetector.Finding]) {
        for finding in findings {
            let (start, end) = (Double(nextUndecidedFrame - 1), Double(nextUndecidedFrame))
            stillFinder.push(finding != .moving, from: start / settings.video.fps, to: end / settings.video.fps)
            nextUndecidedFrame += 1
        }
    }

    /// Ends a freeze at frame `index`, as no freeze extends across it.
    private func finishStillness(beforeFrame index: Int) {
        takeStillness(freezeDetector.finish())
        stillFinder.finish()
        nextUndecidedFrame = index + 1
    }

    private func take(_ changes: [ShotChange]) {
        for var change in changes {
            if let shot = change.newShot { cuts.append(firstDetectedFrame + shot) }
            guard change.form != .cut else { continue }
            change.start += firstDetectedFrame
            change.end += firstDetectedFrame
            blends.append(change)
        }
    }

    private func takeSegments(lostShare: Double?) {
        for segment in sink.segments {
            var segment = segment
            // Without sound the video is not silent but has no audio.
            if !hasSound { segment.flags.remove(.silent) }
            // Frames are shown unstabilised, and segments that ingest would stabilise count as fixed.
            if settings.stabilises(segment.flags) {
                segment.decision.fixed.formUnion(segment.flags.intersection(IngestSettings.steadiedFlags))
            }
            segment.mark(lostShare: lostShare, settings: settings)
            segment.decide(by: settings.policy)
            let seconds = Double(segment.frameCount) / settings.video.fps
            let measures = segment.measures.map { ($0.key.rawValue, $0.value) }
            segments.append(
                SegmentSummary(
                    startSeconds: segment.startSeconds, seconds: seconds, flags: segment.flags.setNames,
                    measures: Dictionary(uniqueKeysWithValues: measures),
                    isDropped: seconds < settings.minSegmentSeconds,
                    decision: DecidedSegment(segment, number: segments.count, settings: settings)))
        }
        sink.segments.removeAll()
    }
}
