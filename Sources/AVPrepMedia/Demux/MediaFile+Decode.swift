import AVPrepModel
import CFFmpeg

extension MediaFile {
    package func decode(_ request: DecodeRequest, to consumer: any DecodeConsumer) throws -> DecodeSummary {
        if request.isSoundAlone {
            var pass = try SoundPass(self, request, consumer)
            return try pass.run()
        }
        return try DecodePass(self, request, consumer).run()
    }
}

/// One decode pass over a file: reads video and audio in parallel along the frame clock.
///
/// Each stream is read from its own container, so no packet has to be buffered however far apart a file stores video
/// and audio of the same time.
private final class DecodePass {
    private let file: MediaFile
    private let request: DecodeRequest
    private let consumer: any DecodeConsumer
    private var clock: FrameClock
    private let pictures: VideoTrack
    /// Nil for a file without audio, when no audio is requested.
    private let sound: AudioTrack?
    private let scaler: PictureScaler
    /// The last scaled picture: our own memory, or the consumer's.
    private var picture: PixelBuffer
    private let supplier: (any PictureSupplier)?
    private var scaledNumber = 0
    private var account = PassAccount()
    /// Where the range that is asked for ends, in seconds on the presentation clock.
    private let end: Double

    /// A picture of a silent film that lasts longer than this, in seconds, is a jump of the clock, and the time between
    /// is skipped. It also bounds the output that forged timestamps can cause; with audio, the audio bounds it.
    private static let longestStandingPicture = 60.0
    /// Jumps of video and audio that differ by more than this, in seconds, are different jumps: how the two align
    /// afterwards is unknown.
    private static let largestJumpDifference = 1.0
    /// A stream with errors in which fewer pictures than this fraction of the packets decode counts as undecodable.
    private static let leastDecodedShare = 0.1

    init(_ file: MediaFile, _ request: DecodeRequest, _ consumer: any DecodeConsumer) throws {
        precondition(request.fps > 0 && request.fps.isFinite, "the frame rate must be positive, not \(request.fps)")
        self.file = file
        self.request = request
        self.consumer = consumer
        end = file.info.rangeEndSeconds ?? .infinity
        clock = FrameClock(startSeconds: file.info.commonStartSeconds, fps: request.fps)
        pictures = try file.takePictures()
        sound = file.info.audio == nil && request.audio.isEmpty ? nil : try file.takeSound()
        sound?.begin(at: clock.startSeconds, formats: request.audio)
        guard let geometry = file.geometry else { throw MediaError(.unsupported, "\(file.path) has no video stream") }
        let size = geometry.outputSize(crop: request.crop, shortSide: request.shortSide)
        guard size.width * size.height <= file.limits.maxPixels else {
            throw MediaError.framesTooLarge(
                file.path, width: size.width, height: size.height, maxPixels: file.limits.maxPixels)
        }
        scaler = PictureScaler(
            width: size.width, height: size.height, crop: request.crop, geometry: geometry, path: file.path)
        supplier = consumer as? any PictureSupplier
        // With a supplier, nothing is written to it.
        picture =
            supplier == nil
            ? PixelBuffer(width: size.width, height: size.height, channels: 3)
            : PixelBuffer(width: 1, height: 1, channels: 3)
    }

    func run() throws -> DecodeSummary {
        var summary = DecodeSummary()
        repeat {
            while try prepare(summary.frameCount) {
                try deliver(summary.frameCount, &summary)
                summary.frameCount += 1
            }
        } while try resume(&summary)
        summary.decodedPictures = pictures.decoder.frameCount
        summary.pictures = pictures.counts
        summary.decodeErrors = pictures.decoder.errorCount + (sound?.decoder.errorCount ?? 0)
        summary.repairedTimestamps = pictures.repairedTimestamps + (sound?.repairedTimestamps ?? 0)
        summary.longestVideoGapSeconds = pictures.longestGapSeconds
        summary.longestAudioGapSeconds = max(summary.longestAudioGapSeconds, sound?.longestGapSeconds ?? 0)
        for decoder in [pictures.decoder, sound?.decoder].compactMap(\.self) {
            try refuseIfUndecodable(decoder)
            // Of a range, the rest of the file is not its business.
            if file.info.range == nil { try decoder.readOut() }
        }
        let decoders = [pictures.decoder, sound?.decoder].compactMap(\.self)
        let lost =
            file.info.range == nil
            ? LossMeasure(decoders, layout: file.layout).share : LossMeasure(readBy: decoders).share
        summary.lostShare = lost > 0 ? lost : nil
        let unused = unusedSeconds(summary)
        summary.unusedSeconds = unused.isEmpty ? nil : unused
        summary.videoStream = pictures.decoder.tally.measure
        summary.audioStream = sound?.decoder.tally.measure
        summary.pictureIntervals = pictures.intervals.measure
        return summary
    }

    private func unusedSeconds(_ summary: DecodeSummary) -> [UnusedReason: Double] {
        if file.info.range != nil {
            return account.unused(
                ofRange: file.info, passSeconds: clock.seconds(ofFrame: summary.frameCount),
                frameSeconds: clock.seconds(ofFrame: 1), hasPictures: pictures.upcoming != nil)
        }
        func end(_ decoder: StreamDecoder, jumps: Bool) -> PassAccount.Stream {
            PassAccount.Stream(
                end: decoder.times.presentedEnd(ofMedia: decoder.tally.end), total: decoder.tally.measure.seconds,
                jumps: jumps, isDamaged: decoder.zeroPacketCount + decoder.errorCount > 0)
        }
        let passSeconds = clock.seconds(ofFrame: summary.frameCount)
        return account.unused(
            info: file.info, passSeconds: passSeconds, passEnd: clock.startSeconds + passSeconds,
            frameSeconds: clock.seconds(ofFrame: 1),
            pictures: end(pictures.decoder, jumps: pictures.jumpSeconds != nil),
            sound: sound.map { end($0.decoder, jumps: $0.jumpSeconds != nil) }, lostShare: summary.lostShare ?? 0,
            statedSeconds: file.layout.statedSeconds)
    }

    /// Resumes after long missing audio or a jump of the clock: at the first later time at which video and audio both
    /// exist again, in sync with each other.
    ///
    /// - Returns: false where either stream has ended, and where their alignment is unknown.
    private func resume(_ summary: inout DecodeSummary) throws -> Bool {
        var start = clock.startSeconds + clock.seconds(ofFrame: summary.frameCount)
        guard start + clock.seconds(ofFrame: 1) <= end + FrameClock.endTolerance else { return false }
        if let sound {
            guard let jump = try sharedJump(with: sound) else { return false }
            start = sound.resumptionSeconds
            if jump > 0 {
                summary.longestAudioGapSeconds = max(summary.longestAudioGapSeconds, jump)
            } else {
                guard try pictures.resume() else { return false }
                start = max(start, pictures.upcoming?.span.start ?? start)
            }
        } else if pictures.jumpSeconds != nil {
            guard try pictures.resume() else { return false }
            start = pictures.upcoming?.span.start ?? start
        } else if let upcoming = pictures.upcoming, upcoming.span.start - start > Self.longestStandingPicture {
            start = upcoming.span.start
        } else {
            return false
        }
        if file.info.range != nil {
            let isBefore = summary.frameCount == 0 && start <= file.info.commonStartSeconds
            if isBefore {
                // What was decoded was before the range: nothing is skipped, and it begins where it should.
                sound?.resume(passStart: clock.startSeconds, at: 0)
                return true
            }
            guard start < end else { return false }
        }
        account.skip(start - clock.startSeconds - clock.seconds(ofFrame: summary.frameCount))
        clock = FrameClock(startSeconds: start - clock.seconds(ofFrame: summary.frameCount), fps: clock.fps)
        sound?.resume(passStart: clock.startSeconds, at: clock.seconds(ofFrame: summary.frameCount))
        summary.discontinuities += 1
        try file.budget.excluding {
            try consumer.consumeDiscontinuity(beforeFrame: summary.frameCount, seconds: start)
        }
        return true
    }

    /// How far the clock jumps where video or audio has stopped, in seconds: forward over missing audio, or back in
    /// both streams, which are advanced to the jump; nil where one has ended, or where they jump differently.
    private func sharedJump(with sound: AudioTrack) throws -> Double? {
        if let jump = sound.jumpSeconds, jump > 0 { return jump }
        if sound.jumpSeconds != nil {
            while try pictures.step() {}
        } else if pictures.jumpSeconds != nil {
            while try sound.skipToJump(), (sound.jumpSeconds ?? 0) > 0 {
                sound.resume(passStart: sound.resumptionSeconds, at: 0)
            }
        }
        guard let back = sound.jumpSeconds, let ofPictures = pictures.jumpSeconds,
            abs(back - ofPictures) <= Self.largestJumpDifference
        else { return nil }
        return back
    }

    /// Prepares frame `index` and the audio of its interval.
    ///
    /// - Returns: false where video or audio ends before the end of the frame.
    private func prepare(_ index: Int) throws -> Bool {
        try file.budget.check()
        try file.budget.check(passSeconds: clock.seconds(ofFrame: index))
        let begin = clock.startSeconds + clock.seconds(ofFrame: index)
        let end = clock.startSeconds + clock.seconds(ofFrame: index + 1)
        guard end <= self.end + FrameClock.endTolerance else { return false }
        try pictures.advance(to: begin)
        guard pictures.currentSpan != nil else { return false }
        if pictures.currentNumber != scaledNumber {
            if let supplier {
                picture = try file.budget.excluding {
                    try supplier.nextPicture(width: scaler.width, height: scaler.height)
                }
            }
            try scaler.scale(pictures.current, into: picture)
            scaledNumber = pictures.currentNumber
        }
        // The picture is chosen: continue to the frame's end, to know whether the stream reaches it.
        try pictures.advance(to: end)
        guard pictures.coveredUntil >= end - FrameClock.endTolerance else { return false }
        guard let sound else { return pictures.coveredUntil - begin <= Self.longestStandingPicture }
        return try sound.advance(to: clock.seconds(ofFrame: index + 1))
    }

    private func deliver(_ index: Int, _ summary: inout DecodeSummary) throws {
        let repair = sound?.takeRepair(before: clock.seconds(ofFrame: index + 1))
        if let repair, repair.patchedSeconds > 0 {
            summary.patchedAudioSeconds = (summary.patchedAudioSeconds ?? 0) + repair.patchedSeconds
        }
        summary.clockDriftPPM = repair?.driftPPM ?? summary.clockDriftPPM
        try file.budget.excluding {
            for (number, resampler) in (sound?.resamplers ?? []).enumerated() {
                let end = clock.sampleCount(beforeFrame: index + 1, sampleRate: resampler.format.sampleRate)
                try resampler.deliver(before: end) { samples, first in
                    try consumer.consume(samples: samples, format: number, firstSample: first)
                }
            }
            if let repair { try consumer.consume(repair: repair, ofFrame: index) }
            try consumer.consume(frame: picture, index: index)
        }
    }

    private func refuseIfUndecodable(_ decoder: StreamDecoder) throws {
        let least = Self.leastDecodedShare * Double(decoder.packetCount)
        guard decoder.errorCount > decoder.frameCount, Double(decoder.frameCount) < least else { return }
        throw MediaError(
            .corrupt,
            "\(file.path), stream \(decoder.stream.pointee.index): only \(decoder.frameCount) of \(decoder.packetCount) "
                + "packets decode" + (decoder.firstError.map { ": \($0)" } ?? ""))
    }
}
