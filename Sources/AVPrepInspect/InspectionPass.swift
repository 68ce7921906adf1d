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

/// What one decode pass of `avprep inspect` gathers: what ingest's own stages make of the video, and what a drawing needs.
///
/// Segments, their flags and measures come from the very code that ingest runs, on the picture within the border. The
/// pass itself decodes the whole picture, so that a drawing can show where the border lies. Memory does not grow with
/// the video's length, but for one line a segment, cut and stretch.
final class InspectionPass: DecodeConsumer {
    /// One segment as ingest would make it.
    struct SegmentSummary: Sendable, Equatable, Codable {
        let startSeconds: Double
        let seconds: Double
        let flags: [String]
        let measures: [String: Float]
        /// Too short: ingest drops it.
        let isDropped: Bool
        /// What the policy makes of it, and by what.
        let decision: DecidedSegment
    }

    /// The sound that is drawn and judged: mono.
    static let format = AudioFormat(sampleRate: SpectrogramStream.settings.sampleRate, channels: 1)
    /// Stretches shorter than this are neither still nor silent.
    static let leastStretchSeconds = 0.5

    let border: InspectionBorder
    private(set) var segments: [SegmentSummary] = []
    /// Frames of the pass that begin a shot.
    private(set) var cuts: [Int] = []
    /// Fades and dissolves, in frames of the pass.
    private(set) var blends: [ShotChange] = []
    /// Frames of the pass before which the clock jumps.
    private(set) var jumps: [Int] = []
    private(set) var frameCount = 0
    private(set) var envelope = SoundEnvelope(sampleRate: format.sampleRate)
    private(set) var moments: MomentSampler?
    private let spectrogram: SpectrogramStream?
    private let settings: IngestSettings
    /// The frame from which on a presentation time belongs to the pass's time 0, the latest last: more than one after jumps.
    private var origins: [(frame: Int, seconds: Double)]
    private let hasSound: Bool
    private let onProgress: (Int) -> Void
    private let part: PixelBuffer
    private let grey: PixelBuffer
    private var lastGrey: PixelBuffer?
    private var assembler: Segmenter
    private var cutDetector: CutDetector
    /// The frame from which the cut detector counts.
    private var firstDetectedFrame = 0
    private var heldPictures: FreezeDetector
    /// The next frame to be told whether it is held.
    private var nextHeld = 1
    private var stillFinder = StretchFinder(leastSeconds: leastStretchSeconds)
    private var soundMeter: SoundMeter

    /// - Parameters:
    ///   - settings: those of the ingest whose view is wanted.
    ///   - border: where the picture lies in the decoded frames.
    ///   - info: what the container says.
    ///   - draws: whether a drawing is to be made.
    ///   - onProgress: gets the number of frames so far.
    init(
        settings: IngestSettings, border: InspectionBorder, info: MediaInfo, draws: Bool, cancellation: Cancellation,
        onProgress: @escaping (Int) -> Void
    ) throws {
        // Segments of all lengths are looked at, and nothing is computed that only a prepared file needs.
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
        heldPictures = FreezeDetector(fps: settings.video.fps, level: Float(settings.still.level))
        soundMeter = SoundMeter(
            sampleRate: Self.format.sampleRate, silenceDecibels: settings.silenceDecibels,
            leastSeconds: Self.leastStretchSeconds)
        moments = draws ? MomentSampler() : nil
        spectrogram = draws && hasSound ? try SpectrogramStream() : nil
        let sink = SegmentSink()
        let encoder = try PictureEncoder(.jpeg, quality: settings.video.quality)
        assembler = try Segmenter(
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

    /// Takes what the assembler emits; apart from the pass, because the assembler exists before the pass does.
    private final class SegmentSink {
        var segments: [Segment] = []
    }

    private let sink: SegmentSink
    /// The formats that ingest's own stages ask for; ours comes after them.
    private let formats: [AudioFormat]

    /// The decode that feeds this pass.
    func request() -> DecodeRequest {
        DecodeRequest(
            fps: settings.video.fps, shortSide: border.decodedShortSide,
            audio: hasSound ? formats + [Self.format] : [])
    }

    func consume(frame picture: PixelBuffer, index: Int) throws {
        frameCount = index + 1
        border.copyInner(of: picture, into: part)
        try assembler.consume(frame: part, index: index)
        takeSegments()
        take(try cutDetector.push(part))
        try Grey.convert(part, into: grey)
        let isFirst = lastGrey == nil || jumps.last == index
        let change = lastGrey.map { isFirst ? 0 : FreezeAnalysis.difference($0, grey) } ?? 0
        let isRepeated = !isFirst && change == 0
        if let finding = try heldPictures.push(grey, change: change) { takeStillness([finding]) }
        if lastGrey == nil {
            lastGrey = PixelBuffer(width: grey.width, height: grey.height, channels: 1)
        }
        lastGrey?.copyPixels(from: grey)
        moments?.push(picture, grey: grey, index: index, isRepeated: isRepeated)
        onProgress(frameCount)
    }

    func consume(samples: UnsafeBufferPointer<Float>, format: Int, firstSample: Int) throws {
        guard format == formats.count else {
            return try assembler.consume(samples: samples, format: format, firstSample: firstSample)
        }
        envelope.push(samples)
        spectrogram?.push(samples)
        soundMeter.push(samples)
    }

    func consumeDiscontinuity(beforeFrame index: Int, seconds: Double) throws {
        try assembler.consumeDiscontinuity(beforeFrame: index, seconds: seconds)
        takeSegments()
        take(cutDetector.finish())
        cutDetector = CutDetector(fps: settings.video.fps, settings: settings.cuts)
        firstDetectedFrame = index
        finishStillness(beforeFrame: index)
        soundMeter.endStretch()
        jumps.append(index)
        origins.append((index, seconds - Double(index) / settings.video.fps))
    }

    /// Ends the pass: what was still undecided is decided.
    func finish() throws {
        try assembler.finish()
        takeSegments()
        take(cutDetector.finish())
        finishStillness(beforeFrame: frameCount)
        soundMeter.endStretch()
        spectrogram?.finish()
    }

    // MARK: - Results

    /// In seconds of the pass.
    var still: Stretches { stillFinder.found }
    /// In seconds of the pass. Nil without sound.
    var silent: Stretches? { hasSound ? soundMeter.silent : nil }
    var roll: SpectrogramRoll? { spectrogram?.roll }

    /// Nil without sound.
    var sound: SoundSummary? { soundMeter.summary }

    /// When a moment of the pass is presented, in seconds.
    func presented(_ passSeconds: Double) -> Double {
        let frame = passSeconds * settings.video.fps + 1e-6
        let origin = origins.last { Double($0.frame) <= frame } ?? origins[0]
        return origin.seconds + passSeconds
    }

    /// When a frame is presented, in seconds.
    func presented(frame: Int) -> Double { presented(Double(frame) / settings.video.fps) }

    /// Stretches of the pass on the presentation clock.
    func presented(_ stretches: Stretches) -> Stretches {
        var stretches = stretches
        stretches.list = stretches.list.map { stretch in
            let start = presented(stretch.startSeconds)
            return .init(startSeconds: start, endSeconds: start + stretch.endSeconds - stretch.startSeconds)
        }
        return stretches
    }

    /// Takes what is known of the next frames.
    private func takeStillness(_ findings: [FreezeDetector.Finding]) {
        for finding in findings {
            let (start, end) = (Double(nextHeld - 1), Double(nextHeld))
            stillFinder.push(finding != .moving, from: start / settings.video.fps, to: end / settings.video.fps)
            nextHeld += 1
        }
    }

    /// Nothing is held across frame `index`.
    private func finishStillness(beforeFrame index: Int) {
        takeStillness(heldPictures.finish())
        stillFinder.finish()
        nextHeld = index + 1
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

    private func takeSegments() {
        for segment in sink.segments {
            var segment = segment
            // Without sound there is none to be silent.
            if !hasSound { segment.flags.remove(.silent) }
            // Frames are shown as they came. What ingest would stabilise is taken for fixed.
            if settings.stabilises(segment.flags) {
                segment.decision.fixed.formUnion(segment.flags.intersection(IngestSettings.steadiedFlags))
            }
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
