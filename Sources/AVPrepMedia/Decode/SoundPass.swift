import AVPrepModel

/// One decode pass over the sound of a file, whether it has pictures or not: from the first audible sample to the last whole
/// frame of the clock. Frames carry an empty picture of ``DecodeRequest/emptyPicture`` pixels.
struct SoundPass {
    private let file: MediaFile
    private let request: DecodeRequest
    private let consumer: any DecodeConsumer
    private let sound: AudioTrack
    private var clock: FrameClock

    init(_ file: MediaFile, _ request: DecodeRequest, _ consumer: any DecodeConsumer) throws {
        precondition(request.fps > 0 && request.fps.isFinite, "the frame rate must be positive, not \(request.fps)")
        self.file = file
        self.request = request
        self.consumer = consumer
        sound = try file.takeSound()
        clock = FrameClock(
            startSeconds: file.info.rangeStartSeconds ?? sound.startSeconds ?? 0, fps: request.fps)
        sound.begin(at: clock.startSeconds, formats: request.audio)
    }

    mutating func run() throws -> DecodeSummary {
        var summary = DecodeSummary()
        let (width, height) = DecodeRequest.emptyPicture
        let own = PixelBuffer(width: width, height: height, channels: 3)
        let supplier = consumer as? any PictureSupplier
        let end = file.info.rangeEndSeconds ?? .infinity
        while true {
            let index = summary.frameCount
            try file.budget.check()
            try file.budget.check(passSeconds: clock.seconds(ofFrame: index))
            guard clock.startSeconds + clock.seconds(ofFrame: index + 1) <= end + FrameClock.endTolerance else { break }
            guard try sound.advance(to: clock.seconds(ofFrame: index + 1)) else {
                guard sound.jumpSeconds != nil else { break }
                try resume(&summary)
                continue
            }
            try file.budget.excluding {
                let picture = try supplier?.nextPicture(width: width, height: height) ?? own
                for (number, resampler) in sound.resamplers.enumerated() {
                    let place = clock.sampleCount(beforeFrame: index + 1, sampleRate: resampler.format.sampleRate)
                    try resampler.deliver(before: place) { samples, first in
                        try consumer.consume(samples: samples, format: number, firstSample: first)
                    }
                }
                try consumer.consume(frame: picture, index: index)
            }
            summary.frameCount += 1
        }
        summary.decodeErrors = sound.decoder.errorCount
        summary.repairedTimestamps = sound.repairedTimestamps
        summary.longestAudioGapSeconds = max(summary.longestAudioGapSeconds, sound.longestGapSeconds)
        summary.audioStream = sound.decoder.tally.measure
        return summary
    }

    /// Goes on behind a gap or a jump of the clock, with nothing between.
    private mutating func resume(_ summary: inout DecodeSummary) throws {
        let index = summary.frameCount
        summary.longestAudioGapSeconds = max(summary.longestAudioGapSeconds, sound.jumpSeconds ?? 0)
        let start = sound.resumptionSeconds
        clock = FrameClock(startSeconds: start - clock.seconds(ofFrame: index), fps: clock.fps)
        sound.resume(passStart: clock.startSeconds, at: clock.seconds(ofFrame: index))
        summary.discontinuities += 1
        try file.budget.excluding { try consumer.consumeDiscontinuity(beforeFrame: index, seconds: start) }
    }
}
