import CFFmpeg

/// One stream of a file that is being written: its encoder, and the path of its packets into the container.
final class EncodedStream {
    let context: UnsafeMutablePointer<AVCodecContext>
    let stream: UnsafeMutablePointer<AVStream>
    private let format: UnsafeMutablePointer<AVFormatContext>
    private let packet: UnsafeMutablePointer<AVPacket>
    private let path: String

    /// - Parameters:
    ///   - codec: FFmpeg's name of the encoder.
    ///   - format: the container; it must outlive this object.
    ///   - options: of the encoder, by FFmpeg's names.
    ///   - configure: fills in the encoder's context before it is opened.
    init(
        codec: String, in format: UnsafeMutablePointer<AVFormatContext>, path: String, options: [String: String] = [:],
        configure: (UnsafeMutablePointer<AVCodecContext>) -> Void
    ) throws(MediaError) {
        guard let encoder = avcodec_find_encoder_by_name(codec) else {
            throw MediaError(.encode, "cannot write \(path): this FFmpeg has no encoder named \(codec)")
        }
        var context: UnsafeMutablePointer<AVCodecContext>? = FFmpeg.allocated(avcodec_alloc_context3(encoder))
        // One thread and no version strings: the same pictures give the same bytes on every machine.
        context!.pointee.thread_count = 1  // just allocated
        context!.pointee.flags |= AV_CODEC_FLAG_BITEXACT
        if format.pointee.oformat.pointee.flags & AVFMT_GLOBALHEADER != 0 {
            context!.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER
        }
        configure(context!)
        for (name, value) in options.sorted(by: { $0.key < $1.key }) {
            let status = av_opt_set(context, name, value, AV_OPT_SEARCH_CHILDREN)
            guard status >= 0 else {
                avcodec_free_context(&context)
                throw MediaError(
                    .encode,
                    "cannot write \(path): \(codec) rejects \(name) = \(value): \(FFmpeg.words(for: status))")
            }
        }
        let status = avcodec_open2(context, encoder, nil)
        guard status >= 0, let opened = context else {
            avcodec_free_context(&context)
            throw MediaError(
                .encode, "cannot write \(path): \(codec) rejects its settings: \(FFmpeg.words(for: status))")
        }
        self.context = opened
        self.format = format
        self.path = path
        packet = FFmpeg.allocated(av_packet_alloc())
        stream = FFmpeg.allocated(avformat_new_stream(format, encoder))
        FFmpeg.require(avcodec_parameters_from_context(stream.pointee.codecpar, opened))
        stream.pointee.time_base = opened.pointee.time_base
        // FFmpeg 5.1's Matroska muxer writes Opus pre-skip as CodecDelay, which readers subtract from all times, but
        // does not add it to the times it writes: audio would come 6.5 ms early. The Opus header holds the pre-skip
        // too.
        if ["matroska", "webm"].contains(String(cString: format.pointee.oformat.pointee.name)) {
            stream.pointee.codecpar.pointee.initial_padding = 0
        }
    }

    deinit {
        var packet: UnsafeMutablePointer<AVPacket>? = packet
        av_packet_free(&packet)
        var context: UnsafeMutablePointer<AVCodecContext>? = context
        avcodec_free_context(&context)
    }

    /// Encodes a frame, or with nil flushes the encoder, and writes the packets that come out.
    ///
    /// - Parameter duration: duration of a packet, in ticks of the encoder, when the encoder does not state it.
    func encode(_ frame: UnsafeMutablePointer<AVFrame>?, duration: Int64) throws(MediaError) {
        try FFmpeg.check(avcodec_send_frame(context, frame), .encode, "cannot encode for \(path)")
        while true {
            let status = avcodec_receive_packet(context, packet)
            if status == avprep_averror(EAGAIN) || status == avprep_averror_eof { return }
            try FFmpeg.check(status, .encode, "cannot encode for \(path)")
            if packet.pointee.duration == 0 { packet.pointee.duration = duration }
            packet.pointee.stream_index = stream.pointee.index
            av_packet_rescale_ts(packet, context.pointee.time_base, stream.pointee.time_base)
            try FFmpeg.check(av_interleaved_write_frame(format, packet), .encode, "cannot write \(path)")
        }
    }
}
