import CFFmpeg

/// Encodes interleaved samples into an audio stream.
final class AudioEncoder {
    private let stream: EncodedStream
    private let settings: AudioEncoding
    private let frame: UnsafeMutablePointer<AVFrame>
    private let converter: OpaquePointer
    private let path: String
    /// Sample frames per block of the encoder.
    private let frameLength: Int
    private var pending: [Float] = []
    private var nextSample: Int64?

    init(_ settings: AudioEncoding, in format: UnsafeMutablePointer<AVFormatContext>, path: String) throws(MediaError) {
        precondition(settings.sampleRate > 0 && settings.channels > 0)
        stream = try EncodedStream(codec: settings.codec, in: format, path: path) { context in
            context.pointee.sample_rate = Int32(settings.sampleRate)
            context.pointee.time_base = AVRational(num: 1, den: Int32(settings.sampleRate))
            context.pointee.bit_rate = Int64(settings.bitRate)
            context.pointee.sample_fmt = context.pointee.codec.pointee.sample_fmts?.pointee ?? AV_SAMPLE_FMT_FLT
            av_channel_layout_default(&context.pointee.ch_layout, Int32(settings.channels))
        }
        self.settings = settings
        self.path = path
        let context = stream.context
        frameLength = context.pointee.frame_size > 0 ? Int(context.pointee.frame_size) : 1024
        frame = FFmpeg.allocated(av_frame_alloc())
        frame.pointee.format = context.pointee.sample_fmt.rawValue
        frame.pointee.sample_rate = context.pointee.sample_rate
        frame.pointee.nb_samples = Int32(frameLength)
        FFmpeg.require(av_channel_layout_copy(&frame.pointee.ch_layout, &context.pointee.ch_layout))
        FFmpeg.require(av_frame_get_buffer(frame, 0))
        var converter: OpaquePointer?
        FFmpeg.require(
            swr_alloc_set_opts2(
                &converter, &context.pointee.ch_layout, context.pointee.sample_fmt, context.pointee.sample_rate,
                &context.pointee.ch_layout, AV_SAMPLE_FMT_FLT, context.pointee.sample_rate, 0, nil))
        self.converter = FFmpeg.allocated(converter)
        try FFmpeg.check(swr_init(converter), .encode, "cannot write \(path): samples cannot be converted")
    }

    /// The encoder's clock has one tick per sample.
    var ticksPerSecond: Int { settings.sampleRate }

    deinit {
        var frame: UnsafeMutablePointer<AVFrame>? = frame
        av_frame_free(&frame)
        var converter: OpaquePointer? = converter
        swr_free(&converter)
    }

    /// Encodes interleaved samples; those of the first call start at `seconds`, later ones follow without a gap.
    func encode(_ samples: [Float], at seconds: Double) throws(MediaError) {
        precondition(samples.count % settings.channels == 0, "samples must be whole sample frames")
        if nextSample == nil { nextSample = Int64((seconds * Double(settings.sampleRate)).rounded()) }
        pending += samples
        let block = frameLength * settings.channels
        var first = 0
        while pending.count - first >= block {
            try encodeBlock(pending[first..<first + block])
            first += block
        }
        pending.removeFirst(first)
    }

    /// Leaves a gap up to `seconds`, which must not precede the end of the encoded audio.
    func skip(to seconds: Double) throws(MediaError) {
        if !pending.isEmpty { try encodeBlock(pending[...]) }
        pending = []
        let sample = Int64((seconds * Double(settings.sampleRate)).rounded())
        precondition(sample >= nextSample ?? sample, "audio must not go back in time")
        nextSample = sample
    }

    /// Encodes the remaining samples; the last block may be shorter than the others.
    func finish() throws(MediaError) {
        if !pending.isEmpty { try encodeBlock(pending[...]) }
        pending = []
        try stream.encode(nil, duration: 0)
    }

    private func encodeBlock(_ samples: ArraySlice<Float>) throws(MediaError) {
        let count = samples.count / settings.channels
        FFmpeg.require(av_frame_make_writable(frame))
        frame.pointee.nb_samples = Int32(count)
        let converted = samples.withUnsafeBytes { bytes in
            var source: [UnsafePointer<UInt8>?] = [bytes.assumingMemoryBound(to: UInt8.self).baseAddress]
            return swr_convert(converter, frame.pointee.extended_data, Int32(count), &source, Int32(count))
        }
        try FFmpeg.check(converted, .encode, "cannot write \(path): samples cannot be converted")
        let first = nextSample ?? 0
        frame.pointee.pts = first
        nextSample = first + Int64(count)
        try stream.encode(frame, duration: Int64(count))
    }
}
