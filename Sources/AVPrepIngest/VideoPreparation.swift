package import AVPrepAudio
package import AVPrepCore
package import AVPrepCorpus
package import AVPrepMedia
package import AVPrepModel
package import AVPrepPolicy
package import AVPrepSettings
import AVPrepStore
import AVPrepVision
import Foundation

/// Turns one video into one prepared file. One per worker: encoder, transforms and estimators are reused.
package final class VideoPreparation {
    /// The result of preparing a video.
    package struct Result {
        package let outcome: Outcome
        /// Container and stream properties; nil when they could not be read.
        package var info: MediaInfo?
        package var tally: Segmenter.Tally?
        package var decode: DecodeSummary?
        /// Framing and shot changes.
        package var cues: CueRecord?
        /// The fingerprint for the search for near-duplicates.
        package var fingerprint: [UInt8] = []
        /// The policy's decision on each segment; nil without a prepared file.
        package var decided: DecidedVideo?
        /// CPU time of the decoder process, in seconds.
        package var decoderSeconds = 0.0
        /// Where the video's seconds are; nil where its duration is unknown.
        package var seconds: SourceSeconds?
    }

    private let settings: IngestSettings
    private let layout: StoreLayout
    private let attributes: [String: AttributeValue]
    private let features: SegmentFeatures
    private let encoder: PictureEncoder
    private let cancellation: Cancellation
    private let media: MediaOpener
    private let steps: PreparationSteps
    private let memory: HeldMemory
    private let cores: SpareCores?
    /// What the seconds of this worker went into.
    let clock = WorkClock()

    /// - Parameters:
    ///   - transforms: one transform per stored spectrogram, shared by all workers.
    ///   - steps: reached by each video in turn.
    ///   - memory: how much of a segment is kept in memory; nil: by the limits.
    ///   - cores: what this worker may use beside its own; nil: none. Its own goes there when it ends.
    package init(
        settings: IngestSettings, transforms: [Spectrogram], cancellation: Cancellation,
        steps: PreparationSteps = PreparationSteps(), memory: HeldMemory? = nil, cores: SpareCores? = nil
    ) throws {
        self.cores = cores
        self.memory = memory ?? HeldMemory(settings.limits)
        self.settings = settings
        self.steps = steps
        self.cancellation = cancellation
        layout = settings.layout(transforms)
        attributes = try settings.preparedAttributes
        encoder = try PictureEncoder(settings.video.codec.stored, quality: settings.video.quality)
        features = try SegmentFeatures(settings: settings, transforms: transforms, encoder: encoder, steps: steps)
        media = try MediaOpener(settings.isolation, limits: settings.limits, cancellation: cancellation)
    }

    deinit { cores?.giveBack() }

    /// The sandbox features that this machine lacks; see ``MediaOpener/weakness()``.
    package func weakness() throws -> String? { try media.weakness() }

    /// Prepares `item` into `path`, which appears complete or not at all.
    ///
    /// - Parameters:
    ///   - video: the id of the item's content: half of the digest of its bytes, or of what names the part of them.
    ///   - listed: the item's file as it was before its bytes got the id. What is decoded has to be that still.
    /// - Returns: done, or the reason why this item was skipped or failed.
    /// - Throws: errors that concern the whole run, see `RunEndingError`.
    package func prepare(_ item: CorpusItem, video: String, to path: String, listed: FileIdentity?) throws -> Result {
        var result = try attempt(item, video: video, to: path, listed: listed)
        result.decoderSeconds = media.close()
        return result
    }

    private func attempt(_ item: CorpusItem, video: String, to path: String, listed: FileIdentity?) throws -> Result {
        do {
            steps.listed = item.listed.escaped
            try steps.reach(.opening)
            let file = try LocalFile(path: item.path)
            let cancellation = cancellation
            func confirm() throws {
                try SourceContent.confirm(
                    file.descriptor, path: item.path, listed: listed, isCancelled: { cancellation.isCancelled },
                    isDigest: { PreparedPath.videoID($0, item.range) == video })
            }
            try confirm()
            let result: Result
            do {
                result = try prepare(try media.open(file, range: item.range), item, video: video, to: path, confirm)
            } catch  where !error.isOfRun {
                // Whatever half a file is taken for, the whole one may be sound.
                try confirm()
                throw error
            }
            if case .skipped = result.outcome, result.decided == nil { try confirm() }
            return result
        } catch {
            // What a stopped decoder says is no outcome of the video.
            try cancellation.check()
            return Result(outcome: try .failure(error, of: item.listed))
        }
    }

    /// - Parameter confirm: called before the prepared file gets its name, which says what it was made from.
    private func prepare(
        _ media: any MediaSource, _ item: CorpusItem, video: String, to path: String, _ confirm: () throws -> Void
    ) throws -> Result {
        let info = media.info
        func skipped(_ code: String, _ detail: String) -> Result {
            let seconds = info.askedSeconds.map { SourceSeconds(unused: [code: $0]) }
            return Result(outcome: .skipped(Outcome.Reason(code, detail)), info: info, seconds: seconds)
        }
        if let lack = info.lack { return skipped(lack.code, "\(item.listed) \(lack.text)") }
        try steps.reach(.borders)
        let shortSide = settings.video.shortSide == 0 ? nil : settings.video.shortSide
        let probe = try BorderProbe(of: media, settings: settings.borders, policy: settings.policy)
        guard let cropPlan = CropPlan(probe, of: media, shortSide: shortSide) else {
            return skipped("no-video", "\(item.listed) has no picture left after cropping")
        }
        try steps.reach(.framing)
        for stretch in cropPlan.stretches { try settings.checkPictures(of: stretch, listed: item.listed.escaped) }
        if let pass = media.outputSize(crop: cropPlan.crop, shortSide: cropPlan.shortSide) {
            try WorkerMemory(settings, cropPlan, pass: pass, memory).check(
                settings, cropPlan, listed: item.listed.escaped)
        }
        let origin = SegmentOrigin(
            videoID: video, source: item.listed.escaped, originSeconds: info.commonStartSeconds, cropPlan: cropPlan)
        try AtomicFile.makeFolder((path as NSString).deletingLastPathComponent)
        let temporary = AtomicFile.temporaryPath(for: path)
        do {
            let writer = try PreparedFileWriter(path: temporary, layout: layout, attributes: attributes)
            var segments: [Segment] = []
            var memory = memory
            memory.folder = memory.scratch ?? (path as NSString).deletingLastPathComponent
            let assembler = try Segmenter(
                settings: settings, video: origin, encoder: encoder, features: features, memory: memory,
                cores: cores, steps: steps,
                cancellation: cancellation,
                emit: { data in
                    var data = data
                    if let skew = info.startSkewSeconds {
                        data.segment.measures[.startSkew] = Float(skew)
                        if abs(skew) > self.settings.skew.maxStartSeconds { data.segment.flags.insert(.startSkew) }
                    }
                    data.segment.decide(by: self.settings.policy)
                    segments.append(data.segment)
                    try self.steps.reach(.writing)
                    try self.clock.during(.output) {
                        if data.segment.decision.leavesMediaOut {
                            try writer.leaveOut(data.segment)
                        } else {
                            try writer.append(data)
                        }
                    }
                })
            let tap = try FingerprintTap(settings: settings, consumer: assembler)
            try steps.reach(.decoding)
            let summary = try media.decode(
                DecodeRequest(
                    fps: settings.video.fps, crop: cropPlan.crop, shortSide: cropPlan.shortSide,
                    audio: settings.audioFormats),
                to: ClockedConsumer(clock, tap))
            let fingerprint = try clock.during(.compute) {
                try assembler.finish()
                return tap.finish().bytes
            }
            try steps.reach(.finishing)
            // How much of a file is lost is known when all of it was read.
            writer.revise { $0.mark(lostShare: summary.lostShare, settings: self.settings) }
            for index in segments.indices { segments[index].mark(lostShare: summary.lostShare, settings: settings) }
            try clock.during(.output) { try writer.finish(fingerprint: fingerprint) }
            let tally = assembler.tally
            var account = SourceSeconds(inSegments: tally.segmentSeconds ?? 0)
            account.add(summary.unusedSeconds ?? [:])
            account.add(tally.shortSeconds ?? [:])
            if let seconds = tally.shiftedSeconds { account.add([.soundShifted: seconds]) }
            guard tally.segments > 0 else {
                unlink(temporary)
                let seconds = Double(summary.frameCount) / settings.video.fps
                var result = skipped(
                    "too-short",
                    "\(item.listed): picture and sound overlap for \(String(format: "%.2f", seconds)) s, and no part lasts ingest.min_segment_seconds (\(settings.minSegmentSeconds))"
                )
                (result.tally, result.decode, result.seconds) = (tally, summary, account)
                return result
            }
            try confirm()
            try steps.reach(.committing)
            try clock.during(.output) { try AtomicFile.commit(temporary, to: path) }
            let cues = CueRecord(probe, changes: assembler.changes)
            let decided = DecidedVideo(segments, settings: settings)
            return Result(
                outcome: decided.outcome.adding(info.soundElsewhere), info: info, tally: tally, decode: summary,
                cues: cues,
                fingerprint: fingerprint, decided: decided, seconds: account)
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// Black bars in a few frames spread over the video, in source pixels: the union over time.
    package static func borders(of media: any MediaSource, settings: IngestSettings) throws -> CropMargins {
        var policy = settings.policy
        policy[flag: [.blackBorder, .borderChange]] = .fix
        return try BorderProbe(of: media, settings: settings.borders, policy: policy).union
    }
}
