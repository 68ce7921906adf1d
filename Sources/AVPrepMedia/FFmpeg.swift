import CFFmpeg

/// FFmpeg's return codes, log and clock, as used by the rest of this module.
enum FFmpeg {
    /// Redirects FFmpeg's log from stderr to a per-thread line. Every entry point of this module initialises it first.
    static let setUp: Void = avprep_log_capture()

    /// Converts a negative return code into an error; the only place where this happens.
    ///
    /// - Parameters:
    ///   - status: returned by an FFmpeg call; a non-negative value is success.
    ///   - code: the error code of a failure.
    ///   - what: what failed, with the file and the position in it, e.g. `cannot open talk.mp4`.
    /// - Returns: `status`.
    @discardableResult
    static func check(_ status: Int32, _ code: MediaError.Code, _ what: @autoclosure () -> String) throws(MediaError)
        -> Int32
    {
        guard status < 0 else { return status }
        throw MediaError(code, "\(what()): \(words(for: status))")
    }

    /// The library's message for a return code, the code's C name, and the last line it logged on this thread.
    static func words(for status: Int32) -> String {
        MediaMemory.observe(status)
        var buffer = [CChar](repeating: 0, count: 128)
        av_strerror(status, &buffer, buffer.count)
        let text = buffer.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }  // 128 characters: never empty
        let log = takeLog()
        return "\(text) (\(name(of: status)))" + (log.map { "; \($0)" } ?? "")
    }

    /// The last error or warning that FFmpeg logged on this thread; reading it clears it.
    static func takeLog() -> String? {
        let line = String(cString: avprep_log_line())
        avprep_log_forget()
        // `[h264 @ 0x55d0c2]`: addresses differ from run to run, and messages should not.
        return line.isEmpty ? nil : line.replacing(#/ @ 0x[0-9a-f]+/#, with: "")
    }

    /// The C name of a return code: `AVERROR_…`, or the system's error in `AVERROR(…)`.
    static func name(of status: Int32) -> String {
        names[status] ?? "AVERROR(\(-status))"
    }

    private static let names: [Int32: String] = [
        avprep_averror_eof: "AVERROR_EOF",
        avprep_averror_exit: "AVERROR_EXIT",
        avprep_averror_invaliddata: "AVERROR_INVALIDDATA",
        avprep_averror_patchwelcome: "AVERROR_PATCHWELCOME",
        avprep_averror_bug: "AVERROR_BUG",
        avprep_averror_bug2: "AVERROR_BUG2",
        avprep_averror_unknown: "AVERROR_UNKNOWN",
        avprep_averror_external: "AVERROR_EXTERNAL",
        avprep_averror_experimental: "AVERROR_EXPERIMENTAL",
        avprep_averror_buffer_too_small: "AVERROR_BUFFER_TOO_SMALL",
        avprep_averror_input_changed: "AVERROR_INPUT_CHANGED",
        avprep_averror_output_changed: "AVERROR_OUTPUT_CHANGED",
        avprep_averror_bsf_not_found: "AVERROR_BSF_NOT_FOUND",
        avprep_averror_decoder_not_found: "AVERROR_DECODER_NOT_FOUND",
        avprep_averror_demuxer_not_found: "AVERROR_DEMUXER_NOT_FOUND",
        avprep_averror_encoder_not_found: "AVERROR_ENCODER_NOT_FOUND",
        avprep_averror_muxer_not_found: "AVERROR_MUXER_NOT_FOUND",
        avprep_averror_option_not_found: "AVERROR_OPTION_NOT_FOUND",
        avprep_averror_protocol_not_found: "AVERROR_PROTOCOL_NOT_FOUND",
        avprep_averror_stream_not_found: "AVERROR_STREAM_NOT_FOUND",
        avprep_averror(EPERM): "AVERROR(EPERM)",
        avprep_averror(ENOENT): "AVERROR(ENOENT)",
        avprep_averror(EIO): "AVERROR(EIO)",
        avprep_averror(EAGAIN): "AVERROR(EAGAIN)",
        avprep_averror(ENOMEM): "AVERROR(ENOMEM)",
        avprep_averror(EACCES): "AVERROR(EACCES)",
        avprep_averror(EINVAL): "AVERROR(EINVAL)",
        avprep_averror(ENOSPC): "AVERROR(ENOSPC)",
        avprep_averror(ERANGE): "AVERROR(ERANGE)",
        avprep_averror(ENOSYS): "AVERROR(ENOSYS)",
    ]

    /// FFmpeg's name of a stream's codec, or the container's four-character code for an unknown one.
    static func codecName(_ parameters: AVCodecParameters) -> String {
        guard parameters.codec_id == AV_CODEC_ID_NONE, parameters.codec_tag != 0 else {
            return String(cString: avcodec_get_name(parameters.codec_id))
        }
        var buffer = [CChar](repeating: 0, count: Int(AV_FOURCC_MAX_STRING_SIZE))
        return String(cString: av_fourcc_make_string(&buffer, parameters.codec_tag))
    }

    /// FFmpeg's name of a channel layout.
    static func layoutName(_ layout: AVChannelLayout) -> String {
        var layout = layout
        var buffer = [CChar](repeating: 0, count: 128)
        guard av_channel_layout_describe(&layout, &buffer, buffer.count) > 0 else { return "unknown" }
        return buffer.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }  // 128 characters: never empty
    }

    /// The language tag of a stream; nil where it is missing or undetermined.
    static func language(of stream: UnsafePointer<AVStream>) -> String? {
        guard let value = av_dict_get(stream.pointee.metadata, "language", nil, 0)?.pointee.value else { return nil }
        let language = String(cString: value)
        return language == "und" || language.isEmpty ? nil : language
    }

    /// FFmpeg's names of a stream's dispositions.
    static func dispositions(of stream: UnsafePointer<AVStream>) -> [String] {
        (0..<31).compactMap { bit in
            let flag = Int32(1) << bit
            guard stream.pointee.disposition & flag != 0 else { return nil }
            return av_disposition_to_string(flag).map { String(cString: $0) }
        }
    }

    /// Checks a call that fails only for lack of memory, or for arguments that no file can cause.
    static func require(_ status: Int32) {
        if status == avprep_averror(ENOMEM) { MediaMemory.giveUp() }
        precondition(status >= 0, words(for: status))
    }

    /// Checks the result of an FFmpeg allocation: without memory the process cannot continue.
    static func allocated<Pointer>(_ pointer: Pointer?) -> Pointer {
        guard let pointer else { MediaMemory.giveUp() }
        return pointer
    }
}

extension AVRational {
    /// Numerator over denominator; 0 when the denominator is 0.
    var value: Double { den == 0 ? 0 : Double(num) / Double(den) }
}
