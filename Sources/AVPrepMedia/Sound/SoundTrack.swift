import CFFmpeg

/// An audio stream laid on the clock of a decode pass, in one or more formats at once.
///
/// Samples are counted, not timed: a container that rounds times to milliseconds, or a phone whose clock jitters, does
/// not make the sound jitter. Where the timestamps of some tenths of a second agree that the count is off, it is put
/// right: what is missing becomes silence, what comes twice is dropped the second time. Where more than
/// ``longestFilledGap`` is missing, or the clock jumps back, the track stops, and goes on only when it is told to.
final class SoundTrack {
    let decoder: StreamDecoder
    /// Presentation time of the first audible sample, in seconds; nil when nothing could be decoded.
    let startSeconds: Double?
    private(set) var resamplers: [AudioResampler] = []
    /// The longest stretch that was filled with silence, in seconds.
    private(set) var longestGapSeconds = 0.0
    /// Pieces whose timestamp was missing, or too far from what the pieces around them say to be true.
    private(set) var repairedTimestamps = 0
    /// How far the clock jumps where the sound has stopped, in seconds: forward over missing sound, or back; nil where
    /// it has not stopped, or ended.
    private(set) var jumpSeconds: Double?

    private let queue: SoundQueue
    private let planes: UnsafeMutablePointer<UnsafePointer<UInt8>?>
    private let path: String
    /// The largest disagreement of timestamps and count that is let stand, in seconds.
    private let tolerance: Double

    /// Time 0 of the pass on the presentation clock.
    private var passStart = 0.0
    /// Whether it is known where the queue's head goes.
    private var isPlaced = false
    private var hasEnded = false
    /// Format of the sound being fed, and the second of the pass at which it set in.
    private var source: SoundQueue.Format?
    private var origin = 0.0
    /// Source samples from `origin` to the next one to be fed; negative before the start of the pass.
    private var position = 0
    /// Silence to be fed before the head, in source samples.
    private var missing = 0

    /// The longest stretch of missing sound that becomes silence, in seconds. Opus leaves out up to 0.4 s of silence by
    /// design (RFC 6716, 2.1.9); packets lost on the way are far shorter. Over more there is no sound to learn from.
    static let longestFilledGap = 0.5
    /// Timestamps that differ from the count of samples by less are jitter, in seconds.
    private static let jitterSeconds = 0.003
    /// FFmpeg's times of Vorbis are off by a quarter of the difference between long and short blocks, in samples.
    private static let vorbisJitter = 512.0
    /// Timestamps further off than this from those around them say nothing, in seconds.
    private static let believableSeconds = 0.05
    /// Sound and silence are fed in pieces of at most this many samples, so that a gap or a packet of any length takes
    /// no memory.
    private static let piece = 4096

    /// Decodes the first pieces of sound.
    init(_ decoder: StreamDecoder) throws {
        self.decoder = decoder
        path = decoder.demuxer.path
        queue = SoundQueue(decoder)
        try queue.fill()
        planes = .allocate(capacity: Int(SoundQueue.maxChannels))
        planes.initialize(repeating: nil, count: Int(SoundQueue.maxChannels))
        hasEnded = queue.head == nil
        let rate = queue.head.map { Double($0.format.sampleRate) } ?? 1
        tolerance = max(
            Self.jitterSeconds, decoder.context.pointee.codec_id == AV_CODEC_ID_VORBIS ? Self.vorbisJitter / rate : 0)
        let stated = decoder.times.streamStart ?? 0
        startSeconds = queue.head == nil ? nil : Self.anchor(of: queue, tolerance: tolerance, default: stated)
    }

    deinit { planes.deallocate() }

    /// Rate of the sound that comes next, in samples per second; nil at the end.
    var sampleRate: Int? { queue.head.map { Int($0.format.sampleRate) } }
    var channels: Int? { queue.head.map { Int($0.format.channels) } }
    var layout: AVChannelLayout? { queue.head?.frame.pointee.ch_layout }

    /// Fixes what the sound is laid on. Call it once, before ``advance(to:)``.
    ///
    /// - Parameter passStart: time 0 of the pass on the presentation clock, in seconds.
    func begin(at passStart: Double, formats: [AudioFormat]) {
        self.passStart = passStart
        resamplers = formats.map { AudioResampler($0, path: path) }
    }

    /// When the sound sets in again after the jump at which it has stopped, in seconds on the presentation clock.
    var resumptionSeconds: Double { Self.anchor(of: queue, tolerance: tolerance, default: passStart + origin) }

    /// Goes on after a jump, with the pass.
    ///
    /// - Parameters:
    ///   - passStart: what would now be time 0 of the pass on the presentation clock, in seconds.
    ///   - seconds: of the pass, at which it goes on. What was made beyond what has been delivered is dropped.
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

    /// Decodes on to the next jump, for nobody to hear.
    ///
    /// - Returns: whether there is one.
    func skipToJump() throws -> Bool {
        let all = resamplers
        resamplers = []
        defer { resamplers = all }
        while !hasEnded, jumpSeconds == nil { try step() }
        return jumpSeconds != nil
    }

    /// Decodes until every format holds what sounds before `seconds` of the pass.
    ///
    /// - Returns: whether the sound reaches that far.
    func advance(to seconds: Double) throws -> Bool {
        while !hasEnded, jumpSeconds == nil, !isFilled(to: seconds) { try step() }
        return isFilled(to: seconds) || reachedSeconds >= seconds - FrameClock.endTolerance
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
        // What lies before the start of the pass is never heard.
        let skipped = min(head.count, max(0, -position))
        position += skipped
        let count = min(head.count - skipped, Self.piece)
        if count > 0 { try feed(head, from: head.first + skipped, count) }
        isPlaced = skipped + count < head.count
        queue.remove(skipped + count)
    }

    /// Decides where on the timeline the queue's head goes.
    private func place(_ head: SoundQueue.Piece) throws {
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
            // The sound lies after the pass's start only where the container's start was no sound's.
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
            // Only what is missing inside the pass is a gap of it.
            longestGapSeconds = max(longestGapSeconds, Double(min(missing, position + missing)) / rate)
        } else {
            let dropped = min(head.count, Int((-common * rate).rounded()))
            isPlaced = dropped < head.count
            queue.remove(dropped)
        }
    }

    /// When the queue's head is heard: by its own timestamp, as far as those after it bear it out. Recorders often give
    /// their first packet a time of its own.
    private static func anchor(of queue: SoundQueue, tolerance: Double, default start: Double) -> Double {
        guard let stated = queue.head?.stated else { return start }
        let deviations = deviations(in: queue, from: stated).compactMap(\.self)
        let common = median(deviations.filter { abs($0) <= believableSeconds })
        // Vorbis's own deviations mean nothing.
        return tolerance > jitterSeconds ? stated : stated + common
    }

    /// How much later than by counting samples each piece in the queue is stated to be, up to a change of format.
    private static func deviations(in queue: SoundQueue, from start: Double) -> [Double?] {
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

    private func feed(_ head: SoundQueue.Piece, from first: Int, _ count: Int) throws {
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
