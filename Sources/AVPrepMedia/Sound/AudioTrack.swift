import CFFmpeg

/// An audio stream aligned to the clock of a decode pass, in one or more formats at once.
///
/// Positions come from counting samples, not from timestamps: a container that rounds times to milliseconds, or a phone
/// whose clock jitters, does not make the audio jitter. Where the timestamps of some tenths of a second agree that the
/// count is off, it is corrected: missing audio becomes silence, repeated audio is dropped. Where more than
/// ``longestFilledGap`` is missing, or the clock jumps back, the track stops until ``resume(passStart:at:)``.
final class AudioTrack {
    let decoder: StreamDecoder
    /// Presentation time of the first audible sample, in seconds; nil when nothing could be decoded.
    let startSeconds: Double?
    private(set) var resamplers: [AudioResampler] = []
    /// How the channels are mixed; nil for the ordinary downmix. Set it before ``begin(at:formats:)``.
    var mixing: ChannelMixing?
    /// Longest gap that was filled with silence, in seconds.
    private(set) var longestGapSeconds = 0.0
    /// Pieces whose timestamp was missing, or implausibly far from those of their neighbours.
    private(set) var repairedTimestamps = 0
    /// How far the clock jumps where the audio has stopped, in seconds: forward over missing audio, or back; nil where
    /// it has not stopped, or has ended.
    private(set) var jumpSeconds: Double?

    private let queue: AudioQueue
    private let planes: UnsafeMutablePointer<UnsafePointer<UInt8>?>
    private let path: String
    /// The largest tolerated difference between timestamps and sample count, in seconds.
    private let tolerance: Double

    /// Time 0 of the pass on the presentation clock.
    private var passStart = 0.0
    /// Whether the position of the queue's head is decided.
    private var isPlaced = false
    private var hasEnded = false
    /// Format of the current audio, and the time of the pass at which it started, in seconds.
    private var source: AudioQueue.Format?
    private var origin = 0.0
    /// Source samples from `origin` to the next sample to feed; negative before the start of the pass.
    private var position = 0
    /// Silence to feed before the head, in source samples.
    private var missing = 0

    /// The longest gap that is filled with silence, in seconds. Opus by design leaves out up to 0.4 s of silence (RFC
    /// 6716, 2.1.9); packets lost in transmission are far shorter. A longer gap holds no audio to learn from.
    static let longestFilledGap = 0.5
    /// Timestamps that differ from the sample count by less than this are jitter, in seconds.
    private static let jitterSeconds = 0.003
    /// FFmpeg's times of Vorbis are off by a quarter of the difference between long and short blocks, in samples.
    private static let vorbisJitter = 512.0
    /// Timestamps further than this from those of their neighbours are ignored, in seconds.
    private static let believableSeconds = 0.05
    /// Audio and silence are fed in pieces of at most this many samples, so that memory stays bounded for a gap or a
    /// packet of any length.
    private static let piece = 4096

    /// Decodes the first pieces of audio.
    init(_ decoder: StreamDecoder) throws {
        self.decoder = decoder
        path = decoder.demuxer.path
        queue = AudioQueue(decoder)
        try queue.fill()
        planes = .allocate(capacity: Int(AudioQueue.maxChannels))
        planes.initialize(repeating: nil, count: Int(AudioQueue.maxChannels))
        hasEnded = queue.head == nil
        let rate = queue.head.map { Double($0.format.sampleRate) } ?? 1
        tolerance = max(
            Self.jitterSeconds, decoder.context.pointee.codec_id == AV_CODEC_ID_VORBIS ? Self.vorbisJitter / rate : 0)
        let stated = decoder.times.streamStart ?? 0
        startSeconds = queue.head == nil ? nil : Self.anchor(of: queue, tolerance: tolerance, default: stated)
    }

    deinit { planes.deallocate() }

    /// Rate of the next audio, in samples per second; nil at the end.
    var sampleRate: Int? { queue.head.map { Int($0.format.sampleRate) } }
    var channels: Int? { queue.head.map { Int($0.format.channels) } }
    var layout: AVChannelLayout? { queue.head?.frame.pointee.ch_layout }

    /// Sets the start of the pass and the formats. Call it once, before ``advance(to:)``.
    ///
    /// - Parameter passStart: time 0 of the pass on the presentation clock, in seconds.
    func begin(at passStart: Double, formats: [AudioFormat]) {
        self.passStart = passStart
        resamplers = formats.map { AudioResampler($0, path: path, mixing: mixing) }
    }

    /// When the audio resumes after the jump at which it has stopped, in seconds on the presentation clock.
    var resumptionSeconds: Double { Self.anchor(of: queue, tolerance: tolerance, default: passStart + origin) }

    /// Resumes after a jump, together with the pass.
    ///
    /// - Parameters:
    ///   - passStart: the new time 0 of the pass on the presentation clock, in seconds.
    ///   - seconds: of the pass, at which it resumes. Undelivered samples are dropped.
    func resume(passStart: Double, at seconds: Double) {
        self.passStart = passStart
        origin = seconds
        source = nil
        position = 0
        missing = 0
        isPlaced = false
        jumpSeconds = nil
        for resampler in resamplers { resampler.restart() }
    }

    /// Decodes up to the next jump and discards the samples.
    ///
    /// - Returns: whether there is a jump.
    func skipToJump() throws -> Bool {
        let all = resamplers
        resamplers = []
        defer { resamplers = all }
        while !hasEnded, jumpSeconds == nil { try step() }
        return jumpSeconds != nil
    }

    /// Decodes until every format holds the audio before `seconds` of the pass.
    ///
    /// - Returns: whether the audio reaches that far.
    func advance(to seconds: Double) throws -> Bool {
        while !hasEnded, jumpSeconds == nil, !isFilled(to: seconds) { try step() }
        return isFilled(to: seconds) || reachedSeconds >= seconds - FrameClock.endTolerance
    }

    /// End of the fed audio, in seconds of the pass.
    private var reachedSeconds: Double {
        guard let source else { return 0 }
        return origin + Double(max(0, position)) / Double(source.sampleRate)
    }

    private func isFilled(to seconds: Double) -> Bool {
        reachedSeconds >= seconds
            && resamplers.allSatisfy { $0.producedCount >= Int((seconds * Double($0.format.sampleRate)).rounded(.up)) }
    }

    /// Feeds one piece of silence or of audio.
    private func step() throws {
        if missing > 0 { return try fillIn() }
        if !isPlaced {
            try queue.fill()
            guard let head = queue.head else {
                hasEnded = true
                for resampler in resamplers { try resampler.drain() }
                return
            }
            isPlaced = true
            return try place(head)
        }
        guard let head = queue.head else { return isPlaced = false }
        // Audio before the start of the pass is never delivered.
        let skipped = min(head.count, max(0, -position))
        position += skipped
        let count = min(head.count - skipped, Self.piece)
        if count > 0 { try feed(head, from: head.first + skipped, count) }
        isPlaced = skipped + count < head.count
        queue.remove(skipped + count)
    }

    /// Decides the position of the queue's head on the timeline.
    private func place(_ head: AudioQueue.Piece) throws {
        let isFirst = source == nil
        if source != head.format {
            let reached = source.map { origin + Double(position) / Double($0.sampleRate) } ?? origin
            let begin = max(origin, reached)
            position = Int(((reached - begin) * Double(head.format.sampleRate)).rounded())
            origin = begin
            source = head.format
            for resampler in resamplers { try resampler.configure(for: head.frame, at: origin) }
        }
        let rate = Double(head.format.sampleRate)
        if isFirst {
            let start = Self.anchor(of: queue, tolerance: tolerance, default: startSeconds ?? 0) - passStart
            position = Int(((start - origin) * rate).rounded())
            // The audio starts after the pass only where the stated start was not that of the audio.
            missing = max(0, position)
            position -= missing
            return
        }
        let deviations = Self.deviations(in: queue, from: passStart + origin + Double(position) / rate)
        guard let own = deviations[0] else { return repairedTimestamps += 1 }
        let common = Self.median(deviations.compactMap(\.self))
        guard abs(common) > tolerance, abs(own) > tolerance else {
            if abs(own) > max(tolerance, Self.believableSeconds) { repairedTimestamps += 1 }
            return
        }
        if common > Self.longestFilledGap || common < -PictureTimeline.shortestJumpBack {
            jumpSeconds = common
            isPlaced = false
            for resampler in resamplers { try resampler.drain() }
        } else if common > 0 {
            missing = Int((common * rate).rounded())
            // Only the part of the gap inside the pass counts.
            longestGapSeconds = max(longestGapSeconds, Double(min(missing, position + missing)) / rate)
        } else {
            let dropped = min(head.count, Int((-common * rate).rounded()))
            isPlaced = dropped < head.count
            queue.remove(dropped)
        }
    }

    /// Time of the queue's head: its own timestamp, if the following ones confirm it. Recorders often give their first
    /// packet an unrelated time.
    private static func anchor(of queue: AudioQueue, tolerance: Double, default start: Double) -> Double {
        guard let stated = queue.head?.stated else { return start }
        let deviations = deviations(in: queue, from: stated).compactMap(\.self)
        let common = median(deviations.filter { abs($0) <= believableSeconds })
        // Vorbis's own deviations are meaningless.
        return tolerance > jitterSeconds ? stated : stated + common
    }

    /// Deviation of each queued piece's timestamp from the sample count, up to a change of format.
    private static func deviations(in queue: AudioQueue, from start: Double) -> [Double?] {
        var expected = start
        return queue.pieces.prefix { $0.format == queue.pieces[0].format }.map { piece in
            defer { expected += piece.seconds }
            return piece.stated.map { $0 - expected }
        }
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
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

    private func feed(_ head: AudioQueue.Piece, from first: Int, _ count: Int) throws {
        let format = AVSampleFormat(head.format.format)
        let channels = Int(head.format.channels)
        let isPlanar = av_sample_fmt_is_planar(format) != 0
        let byteOffset = first * Int(av_get_bytes_per_sample(format)) * (isPlanar ? 1 : channels)
        for plane in 0..<(isPlanar ? channels : 1) {
            planes[plane] = head.frame.pointee.extended_data[plane].map { UnsafePointer($0) + byteOffset }
        }
        for resampler in resamplers { try resampler.feed(planes, count: count) }
        position += count
    }
}
