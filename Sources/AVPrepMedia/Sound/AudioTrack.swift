import CFFmpeg

/// An audio stream aligned to the clock of a decode pass, in one or more formats at once.
///
/// Positions come from counting samples, not from timestamps: a container that rounds times to milliseconds, or a phone
/// whose clock jitters, does not make the audio jitter. Where ``AudioStamps`` finds audio missing it becomes silence, and
/// repeated audio is dropped; timestamps that drift away from the samples are followed by stretching these. Where more than
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
    private var stamps: AudioStamps
    private var drift = AudioDrift()
    /// Position from which the drift's rate is set anew.
    private var nextDriftStep = 0
    /// Seconds inserted by stretching, and source seconds fed, since the pass last resumed.
    private var stretched = (seconds: 0.0, of: 0.0)
    private var patches = AudioPatches()

    /// The longest gap that is filled with silence, in seconds. Opus by design leaves out up to 0.4 s of silence (RFC
    /// 6716, 2.1.9); packets lost in transmission are far shorter. A longer gap holds no audio to learn from.
    static let longestFilledGap = 0.5
    /// FFmpeg's times of Vorbis are off by a quarter of the difference between long and short blocks, in samples.
    private static let vorbisJitter = 512.0
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
            AudioStamps.jitterSeconds,
            decoder.context.pointee.codec_id == AV_CODEC_ID_VORBIS ? Self.vorbisJitter / rate : 0)
        stamps = AudioStamps(tolerance: tolerance)
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
        patches = AudioPatches()
        stretched = (0, 0)
        nextDriftStep = 0
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
        if count > 0 {
            try followDrift()
            try feed(head, from: head.first + skipped, count)
        }
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
            nextDriftStep = 0
            for resampler in resamplers { try resampler.configure(for: head.frame, at: origin) }
        }
        let rate = Double(head.format.sampleRate)
        if isFirst {
            let start = Self.anchor(of: queue, tolerance: tolerance, default: startSeconds ?? 0) - passStart
            position = Int(((start - origin) * rate).rounded())
            // The audio starts after the pass only where the stated start was not that of the audio.
            missing = max(0, position)
            position -= missing
            let deviations = Self.deviations(in: queue, from: passStart + start)
            stamps.begin(deviations)
            return stamps.add(deviations[0], seconds: head.seconds)
        }
        let deviations = Self.deviations(in: queue, from: passStart + origin + Double(position) / rate)
        switch stamps.judge(deviations, seconds: head.seconds) {
        case .step(let step) where step > Self.longestFilledGap || step < -PictureTimeline.shortestJumpBack:
            jumpSeconds = step
            isPlaced = false
            for resampler in resamplers { try resampler.drain() }
        case .step(let step) where step > 0:
            missing = Int((step * rate).rounded())
            // Only the part of the gap inside the pass counts.
            let inside = Double(min(missing, position + missing)) / rate
            longestGapSeconds = max(longestGapSeconds, inside)
            let end = origin + Double(position + missing) / rate
            if !isQuiet { patches.fill(from: end - inside, seconds: inside) }
            stamps.add(deviations[0].map { $0 - step }, seconds: head.seconds)
        case .step(let step):
            let dropped = min(head.count, Int((-step * rate).rounded()))
            isPlaced = dropped < head.count
            queue.remove(dropped)
            patches.cut(Double(dropped) / rate, at: origin + Double(position) / rate)
        case .follows: stamps.add(deviations[0], seconds: head.seconds)
        case .followsUnstated:
            repairedTimestamps += 1
            stamps.add(deviations[0], seconds: head.seconds)
        }
    }

    /// Whether the codec leaves out silence and the last audio was quiet: a gap then is as it should be.
    private var isQuiet: Bool {
        AudioPatches.isLeftOutByDesign(decoder.context.pointee.codec_id, after: resamplers.map(\.lastLevel).max() ?? 1)
    }

    /// What was done to the audio before a time of the pass, in seconds, since the last call; nil for nothing.
    func takeRepair(before end: Double) -> AudioRepair? {
        let patched = patches.take(before: end)
        let drift = driftRate
        guard patched > 0 || drift != nil else { return nil }
        // Whole parts per billion, as they pass between processes.
        return AudioRepair(patchedSeconds: patched, driftPPM: drift.map { ($0 * 1e9).rounded() / 1000 })
    }

    /// How much faster the timestamps advance than the samples, by what was made up and what is still due; nil where they
    /// do not drift.
    private var driftRate: Double? {
        guard drift.isFollowing, stretched.of > 0 else { return nil }
        return (stretched.seconds + stamps.moved) / stretched.of
    }

    /// Sets the rate by which the next audio is stretched.
    private func followDrift() throws {
        guard let source, position >= nextDriftStep else { return }
        let rate = Double(source.sampleRate)
        let count = Int(AudioDrift.stepSeconds * rate)
        nextDriftStep = position + count
        drift.update(stamps.drift, moved: stamps.moved)
        guard drift.isFollowing else { return }
        let end = origin + Double(position) / rate + Double(count) / rate * (1 + drift.rate)
        for resampler in resamplers { try resampler.stretch(next: count, to: end) }
    }

    /// Time of the queue's head: its own timestamp, if the following ones confirm it. Recorders often give their first
    /// packet an unrelated time.
    private static func anchor(of queue: AudioQueue, tolerance: Double, default start: Double) -> Double {
        guard let stated = queue.head?.stated else { return start }
        // Vorbis's own deviations are meaningless.
        guard tolerance <= AudioStamps.jitterSeconds else { return stated }
        return stated + AudioStamps.anchor(deviations(in: queue, from: stated), seconds: queue.pieces.map(\.seconds))
    }

    /// Deviation of each queued piece's timestamp from the sample count, up to a change of format.
    private static func deviations(in queue: AudioQueue, from start: Double) -> [Double?] {
        var expected = start
        return queue.pieces.prefix { $0.format == queue.pieces[0].format }.map { piece in
            defer { expected += piece.seconds }
            return piece.stated.map { $0 - expected }
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
        let seconds = Double(count) / Double(head.format.sampleRate)
        stretched.of += seconds
        guard drift.isFollowing else { return }
        stretched.seconds += seconds * drift.rate
        origin += seconds * drift.rate
    }
}
