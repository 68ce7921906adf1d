import CFFmpeg

/// Resamples the audio of one stream to one rate and channel layout, and buffers what has not been delivered yet.
///
/// Output sample n is at `n / sampleRate` from the first sample fed: swresample's filter is symmetric and its delay is
/// compensated. One thread at a time.
final class AudioResampler {
    let format: AudioFormat
    private let path: String
    private let mixing: ChannelMixing?
    private var converter: OpaquePointer?
    /// Interleaved samples starting at number `deliveredCount`; grows to its working size and is reused.
    private var held: UnsafeMutableBufferPointer<Float>
    private var heldCount = 0
    /// Output samples still to be discarded before any is buffered.
    private var surplus = 0
    /// Sample frames delivered so far.
    private(set) var deliveredCount = 0
    /// Input sample frames per second.
    private var inputRate = 0.0

    /// - Parameter mixing: what replaces the ordinary downmix; nil for the ordinary one.
    init(_ format: AudioFormat, path: String, mixing: ChannelMixing? = nil) {
        precondition(format.sampleRate > 0 && (1...2).contains(format.channels), "audio format \(format)")
        self.format = format
        self.path = path
        self.mixing = mixing
        held = .allocate(capacity: 1 << 14)
    }

    deinit {
        swr_free(&converter)
        held.deallocate()
    }

    /// Root mean square of the last produced samples, a fiftieth of a second at most.
    var lastLevel: Double {
        let last = held[max(0, heldCount - format.sampleRate * format.channels / 50)..<heldCount]
        guard !last.isEmpty else { return 0 }
        return (last.reduce(0) { $0 + Double($1) * Double($1) } / Double(last.count)).squareRoot()
    }

    /// Sample frames produced so far, delivered or buffered.
    var producedCount: Int { deliveredCount + heldCount / format.channels }

    /// Prepares for input of this rate, layout and sample format that starts at `seconds` of the pass. Samples of the
    /// previous input that remain in the filter are output first.
    ///
    /// - Throws: ``MediaError`` with `unsupported`.
    func configure(for frame: UnsafeMutablePointer<AVFrame>, at seconds: Double) throws(MediaError) {
        try drain()
        swr_free(&converter)
        inputRate = Double(frame.pointee.sample_rate)
        align(to: Int((seconds * Double(format.sampleRate)).rounded()))
        var output = AVChannelLayout()
        av_channel_layout_default(&output, Int32(format.channels))
        var input = AVChannelLayout()
        defer { av_channel_layout_uninit(&input) }
        let channels = frame.pointee.ch_layout.nb_channels
        if frame.pointee.ch_layout.order == AV_CHANNEL_ORDER_NATIVE {
            FFmpeg.require(av_channel_layout_copy(&input, &frame.pointee.ch_layout))
        } else {
            av_channel_layout_default(&input, channels)
        }
        let place = "\(path): audio of \(channels) channels at \(frame.pointee.sample_rate) Hz"
        try FFmpeg.check(
            swr_alloc_set_opts2(
                &converter, &output, AV_SAMPLE_FMT_FLT, Int32(format.sampleRate), &input,
                AVSampleFormat(frame.pointee.format), frame.pointee.sample_rate, 0, nil),
            .unsupported, "\(place) cannot be resampled")
        // Mixing down must not clip: without this, float samples are mixed without scaling.
        FFmpeg.require(av_opt_set_double(UnsafeMutableRawPointer(converter), "rematrix_maxval", 1, 0))
        if let gains = mixingGains(from: input) {
            try FFmpeg.check(
                swr_set_matrix(converter, gains, channels), .unsupported, "\(place) cannot be mixed")
        }
        try FFmpeg.check(swr_init(converter), .unsupported, "\(place) cannot be resampled")
    }

    /// Discards undelivered samples: the audio resumes elsewhere. Configure it before feeding it again.
    func restart() {
        swr_free(&converter)
        heldCount = 0
        surplus = 0
    }

    /// Feeds sample frames in the configured format; nil planes are silence.
    func feed(_ planes: UnsafeMutablePointer<UnsafePointer<UInt8>?>?, count: Int) throws(MediaError) {
        guard let converter else { preconditionFailure("the audio format must be configured first") }
        guard let planes else {
            try FFmpeg.check(
                swr_inject_silence(converter, Int32(count)), .unsupported, "\(path): silence cannot be inserted")
            return try pull(nil, count: 0)
        }
        try pull(planes, count: count)
    }

    /// Stretches the next input by a little, so that its end comes at a time.
    ///
    /// - Parameters:
    ///   - count: sample frames of input.
    ///   - end: when they are to end, in seconds of the pass.
    func stretch(next count: Int, to end: Double) throws(MediaError) {
        guard let converter, inputRate > 0 else { preconditionFailure("the audio format must be configured first") }
        let rate = Double(format.sampleRate)
        // Of what has been fed, some is still in the filter.
        let inside =
            Double(swr_get_delay(converter, Int64(format.sampleRate) * Self.delayParts)) / Double(Self.delayParts)
        let natural = Double(count) * rate / inputRate
        let due = end * rate - Double(producedCount - surplus) - inside
        let more = min(max((due - natural).rounded(), -Self.largestStretch * natural), Self.largestStretch * natural)
        let length = Int32((natural + more).rounded())
        guard length > 0 else { return }
        try FFmpeg.check(
            swr_set_compensation(converter, Int32(more), length), .unsupported, "\(path): audio cannot be stretched")
    }

    /// Parts of a sample in which the filter's delay is counted.
    private static let delayParts: Int64 = 1000
    /// The largest part by which audio is stretched at once.
    private static let largestStretch = 0.05

    /// Flushes the filter: the end of the audio.
    func drain() throws(MediaError) {
        guard converter != nil else { return }
        try pull(nil, count: 0, isEnd: true)
    }

    /// Delivers everything before sample `end`, and silence where there is nothing: the caller requests no more than
    /// the stream holds, apart from rounding.
    func deliver(
        before end: Int, _ body: (_ samples: UnsafeBufferPointer<Float>, _ firstSample: Int) throws -> Void
    ) rethrows {
        let count = (end - deliveredCount) * format.channels
        guard count > 0 else { return }
        reserve(count)
        if heldCount < count {
            for index in heldCount..<count { held[index] = 0 }
            heldCount = count
        }
        // Codecs overshoot, and float files may hold any value.
        for index in 0..<count { held[index] = Self.bounded(held[index]) }
        try body(UnsafeBufferPointer(rebasing: held[..<count]), deliveredCount)
        deliveredCount = end
        heldCount -= count
        if let base = held.baseAddress { base.update(from: base + count, count: heldCount) }
    }

    private static func bounded(_ sample: Float) -> Float {
        sample.isNaN ? 0 : min(max(sample, -1), 1)
    }

    /// Makes sample `index` the next one produced, by inserting silence or discarding samples: a change of rate happens
    /// at the exact time, without accumulated rounding.
    private func align(to index: Int) {
        let missing = index - producedCount
        surplus = max(0, -missing)
        guard missing > 0 else { return }
        reserve(heldCount + missing * format.channels)
        for _ in 0..<missing * format.channels {
            held[heldCount] = 0
            heldCount += 1
        }
    }

    private func pull(_ planes: UnsafeMutablePointer<UnsafePointer<UInt8>?>?, count: Int, isEnd: Bool = false)
        throws(MediaError)
    {
        let room = Int(swr_get_out_samples(converter, Int32(count))) + 64
        reserve(heldCount + room * format.channels)
        guard let base = held.baseAddress else { return }
        let made = (base + heldCount).withMemoryRebound(to: UInt8.self, capacity: 4 * room * format.channels) { bytes in
            var output: UnsafeMutablePointer<UInt8>? = bytes
            // To swresample a null input means the end of the stream, and an empty one "output what is available".
            var nothing: UnsafePointer<UInt8>? = UnsafePointer(bytes)
            if let planes { return swr_convert(converter, &output, Int32(room), planes, Int32(count)) }
            if isEnd { return swr_convert(converter, &output, Int32(room), nil, 0) }
            return swr_convert(converter, &output, Int32(room), &nothing, 0)
        }
        var frames = Int(try FFmpeg.check(made, .unsupported, "\(path): audio cannot be resampled"))
        let dropped = min(surplus, frames)
        if dropped > 0 {
            surplus -= dropped
            frames -= dropped
            (base + heldCount).update(
                from: base + heldCount + dropped * format.channels, count: frames * format.channels)
        }
        heldCount += frames * format.channels
    }

    private func reserve(_ capacity: Int) {
        guard capacity > held.count else { return }
        let larger = UnsafeMutableBufferPointer<Float>.allocate(capacity: max(capacity, 2 * held.count))
        _ = larger.update(fromContentsOf: held[..<heldCount])
        held.deallocate()
        held = larger
    }

    /// One row of gains per output channel where swresample's own matrix is unsuitable: it would lose the sound; mono is
    /// copied to both channels at full level, and channels with unknown positions are averaged. Nil uses swresample's matrix.
    private func mixingGains(from input: AVChannelLayout) -> [Double]? {
        let channels = Int(input.nb_channels)
        if let gains = mixing?.gains(channels: channels, outputs: format.channels) { return gains }
        let isKnown = input.order == AV_CHANNEL_ORDER_NATIVE
        guard channels == 1 || !isKnown else { return nil }
        return Array(repeating: 1 / Double(channels), count: channels * format.channels)
    }
}
