import CFFmpeg

/// An audio stream laid on the clock of a decode pass, in one or more formats at once.
///
/// What lies before the pass's start is dropped to the sample, missing stretches become silence, stretches that come
/// twice are dropped the second time. Samples are counted, not timed: a container that rounds times to milliseconds does
/// not make the sound jitter.
final class SoundTrack {
    let decoder: StreamDecoder
    /// Presentation time of the first audible sample, in seconds; nil when nothing could be decoded.
    let startSeconds: Double?
    private(set) var resamplers: [AudioResampler] = []
    /// The longest stretch that was filled with silence, in seconds.
    private(set) var longestGapSeconds = 0.0

    private let frame: UnsafeMutablePointer<AVFrame>
    private let times: PresentationTimes
    private let planes: UnsafeMutablePointer<UnsafePointer<UInt8>?>
    private let path: String

    /// Time 0 of the pass on the presentation clock.
    private var passStart = 0.0
    /// Whether `frame` holds sound that has not been fed; `offset` of its samples are done with.
    private var hasFrame = false
    private var offset = 0
    private var hasEnded = false
    /// Format of the sound being fed, and the second of the pass at which it set in.
    private var source: Source?
    private var origin = 0.0
    /// Source samples from `origin` to the next one to be fed; negative before the start of the pass.
    private var position = 0
    /// Silence to be fed before the frame, in source samples.
    private var missing = 0

    private struct Source: Equatable {
        var sampleRate: Int32
        var format: Int32
        var channels: Int32
        var layout: UInt64
    }

    /// Timestamps that differ from the count of samples by less are jitter, in seconds. Real files are off by 9 ms for
    /// hundreds of packets (clocks of phones), where silence would be a click; a lost packet of AAC is 21 ms, of Opus
    /// 20 ms. And it stays under half a frame.
    private static let jitterSeconds = 0.015
    /// FFmpeg's times of Vorbis are off by a quarter of the difference between long and short blocks, in samples.
    private static let vorbisJitter = 512.0
    /// Sound and silence are fed in pieces of at most this many samples, so that a gap or a packet of any length takes
    /// no memory.
    private static let piece = 4096
    /// What swresample takes at most.
    private static let maxChannels: Int32 = 64
    /// Sample rates beyond are damage; resampling filters would grow with them without bound.
    private static let sampleRates: ClosedRange<Int32> = 1000...768_000

    /// Decodes the first piece of sound.
    init(_ decoder: StreamDecoder) throws {
        self.decoder = decoder
        path = decoder.demuxer.path
        times = PresentationTimes(of: decoder.stream)
        frame = FFmpeg.allocated(av_frame_alloc())
        planes = .allocate(capacity: Int(Self.maxChannels))
        planes.initialize(repeating: nil, count: Int(Self.maxChannels))
        do {
            hasFrame = try Self.load(frame, from: decoder)
        } catch {
            var frame: UnsafeMutablePointer<AVFrame>? = frame
            av_frame_free(&frame)
            planes.deallocate()
            throw error
        }
        hasEnded = !hasFrame
        startSeconds =
            hasFrame ? times.seconds(at: frame.pointee.best_effort_timestamp) ?? times.streamStart ?? 0 : nil
    }

    deinit {
        var frame: UnsafeMutablePointer<AVFrame>? = frame
        av_frame_free(&frame)
        planes.deallocate()
    }

    /// Rate of the sound that comes next, in samples a second; nil at the end.
    var sampleRate: Int? { hasFrame ? Int(frame.pointee.sample_rate) : nil }
    var channels: Int? { hasFrame ? Int(frame.pointee.ch_layout.nb_channels) : nil }

    /// Fixes what the sound is laid on. Call it once, before ``advance(to:)``.
    ///
    /// - Parameter passStart: time 0 of the pass on the presentation clock, in seconds.
    func begin(at passStart: Double, formats: [AudioFormat]) {
        self.passStart = passStart
        resamplers = formats.map { AudioResampler($0, path: path) }
    }

    /// Decodes until every format holds what sounds before `seconds` of the pass.
    ///
    /// - Returns: whether the sound reaches that far.
    func advance(to seconds: Double) throws -> Bool {
        while !hasEnded, !isFilled(to: seconds) { try step() }
        return isFilled(to: seconds) || reachedSeconds >= seconds - FrameClock.endTolerance
    }

    /// Until when silence is being filled in, in seconds of the pass.
    var silentUntil: Double {
        guard missing > 0, let source else { return 0 }
        return origin + Double(position + missing) / Double(source.sampleRate)
    }

    /// How far the fed sound reaches, in seconds of the pass.
    private var reachedSeconds: Double {
        guard let source else { return 0 }
        return origin + Double(max(0, position)) / Double(source.sampleRate)
    }

    private func isFilled(to seconds: Double) -> Bool {
        reachedSeconds >= seconds
            && resamplers.allSatisfy { $0.producedCount >= Int((seconds * Double($0.format.sampleRate)).rounded(.up)) }
    }

    /// Feeds one piece: of silence, or of sound.
    private func step() throws {
        if missing > 0 { return try fillIn() }
        guard hasFrame else {
            hasFrame = try Self.load(frame, from: decoder)
            guard hasFrame else {
                hasEnded = true
                for resampler in resamplers { try resampler.drain() }
                return
            }
            try place()
            return
        }
        if source == nil { return try place() }
        // What lies before the start of the pass is never heard.
        let skipped = min(Int(frame.pointee.nb_samples) - offset, max(0, -position))
        position += skipped
        offset += skipped
        let count = min(Int(frame.pointee.nb_samples) - offset, Self.piece)
        if count > 0 { try feedFrame(count) }
        hasFrame = offset < Int(frame.pointee.nb_samples)
    }

    /// Decides where on the timeline the decoded frame goes.
    private func place() throws {
        let format = Source(
            sampleRate: frame.pointee.sample_rate, format: frame.pointee.format,
            channels: frame.pointee.ch_layout.nb_channels,
            layout: frame.pointee.ch_layout.order == AV_CHANNEL_ORDER_NATIVE ? frame.pointee.ch_layout.u.mask : 0)
        guard Self.sampleRates.contains(format.sampleRate), (1...Self.maxChannels).contains(format.channels) else {
            throw MediaError(
                .unsupported, "\(path): sound of \(format.channels) channels at \(format.sampleRate) Hz")
        }
        let stated = times.seconds(at: frame.pointee.best_effort_timestamp).map { $0 - passStart }
        let isFirst = source == nil
        if source != format {
            let reached = source.map { origin + Double(position) / Double($0.sampleRate) } ?? 0
            origin = max(0, reached)
            position = Int(((reached - origin) * Double(format.sampleRate)).rounded())
            source = format
            for resampler in resamplers { try resampler.configure(for: frame, at: origin) }
        }
        offset = 0
        let rate = Double(format.sampleRate)
        if isFirst {
            // Counting starts here, exactly: no allowance for jitter.
            position = Int((((stated ?? ((startSeconds ?? 0) - passStart)) - origin) * rate).rounded())
            guard position > 0 else { return }
            // The first sound lies after the pass's start only if the container's start was no sound's.
            missing = position
            position = 0
            return
        }
        guard let stated else { return }
        let difference = Int(((stated - origin) * rate).rounded()) - position
        let jitter = decoder.context.pointee.codec_id == AV_CODEC_ID_VORBIS ? Self.vorbisJitter : 0
        guard Double(difference.magnitude) > max(jitter, Self.jitterSeconds * rate) else { return }
        if difference > 0 {
            missing = difference
            // Only what is missing inside the pass is a gap of it.
            longestGapSeconds = max(longestGapSeconds, Double(min(difference, position + difference)) / rate)
        } else {
            offset = min(Int(frame.pointee.nb_samples), -difference)
        }
    }

    private func fillIn() throws {
        let skipped = min(missing, max(0, -position))
        missing -= skipped
        position += skipped
        let count = min(missing, Self.piece)
        guard count > 0 else { return }
        for resampler in resamplers { try resampler.feed(nil, count: count) }
        missing -= count
        position += count
    }

    private func feedFrame(_ count: Int) throws {
        let sampleBytes = Int(av_get_bytes_per_sample(AVSampleFormat(frame.pointee.format)))
        let channels = Int(frame.pointee.ch_layout.nb_channels)
        let isPlanar = av_sample_fmt_is_planar(AVSampleFormat(frame.pointee.format)) != 0
        let byteOffset = offset * sampleBytes * (isPlanar ? 1 : channels)
        for plane in 0..<(isPlanar ? channels : 1) {
            planes[plane] = frame.pointee.extended_data[plane].map { UnsafePointer($0) + byteOffset }
        }
        for resampler in resamplers { try resampler.feed(planes, count: count) }
        position += count
        offset += count
    }

    /// Decodes the next frame that holds samples.
    private static func load(_ frame: UnsafeMutablePointer<AVFrame>, from decoder: StreamDecoder) throws -> Bool {
        while try decoder.next(frame) {
            if frame.pointee.nb_samples > 0 { return true }
        }
        return false
    }
}
