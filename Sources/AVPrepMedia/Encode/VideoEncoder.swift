import AVPrepModel
import CFFmpeg

/// Encodes RGB pictures at given times into a video stream.
final class VideoEncoder {
    private let stream: EncodedStream
    private let settings: VideoEncoding
    private let frame: UnsafeMutablePointer<AVFrame>
    private let scaler: OpaquePointer
    private let path: String
    private let frameDuration: Int64
    private var lastTick: Int64?

    init(_ settings: VideoEncoding, in format: UnsafeMutablePointer<AVFormatContext>, path: String) throws(MediaError) {
        precondition(settings.width > 0 && settings.height > 0 && settings.frameRate.numerator > 0)
        precondition(settings.width % 2 == 0 && settings.height % 2 == 0, "yuv420p requires even sides")
        let isHighDefinition = PictureColour.isHighDefinition(width: settings.width, height: settings.height)
        let tick = Self.tick(settings, isAVI: String(cString: format.pointee.oformat.pointee.name) == "avi")
        stream = try EncodedStream(
            codec: settings.codec, in: format, path: path, options: settings.options
        ) { context in
            context.pointee.width = Int32(settings.width)
            context.pointee.height = Int32(settings.height)
            context.pointee.pix_fmt = AV_PIX_FMT_YUV420P
            context.pointee.time_base = tick
            context.pointee.framerate = AVRational(settings.frameRate)
            context.pointee.sample_aspect_ratio = AVRational(settings.sampleAspectRatio)
            context.pointee.gop_size = Int32(settings.keyFrameInterval)
            context.pointee.max_b_frames = Int32(settings.bFrames)
            context.pointee.color_range = AVCOL_RANGE_MPEG
            context.pointee.colorspace = isHighDefinition ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M
            context.pointee.color_primaries = isHighDefinition ? AVCOL_PRI_BT709 : AVCOL_PRI_SMPTE170M
            context.pointee.color_trc = isHighDefinition ? AVCOL_TRC_BT709 : AVCOL_TRC_SMPTE170M
            // Encoders without one of these options, or with other values of it, keep their default.
            func setIfKnown(_ option: String, _ value: String) {
                let status = av_opt_set(context.pointee.priv_data, option, value, 0)
                if status != avprep_averror_option_not_found, status != avprep_averror(EINVAL) {
                    FFmpeg.require(status)
                }
            }
            setIfKnown("preset", settings.preset)
            // x264's macroblock tree reads memory it has not written: with it the same small pictures gave different
            // bytes from run to run. Encoders without this option reject it, which is harmless.
            setIfKnown("mbtree", "0")
            if av_opt_set_int(context.pointee.priv_data, "crf", Int64(settings.quality), 0) < 0 {
                context.pointee.flags |= AV_CODEC_FLAG_QSCALE
                context.pointee.global_quality = FF_QP2LAMBDA * Int32(max(1, settings.quality / 6))
            }
        }
        stream.stream.pointee.avg_frame_rate = AVRational(settings.frameRate)
        stream.stream.pointee.sample_aspect_ratio = AVRational(settings.sampleAspectRatio)
        if settings.rotationDegrees != 0 {
            let bytes = FFmpeg.allocated(
                av_stream_new_side_data(stream.stream, AV_PKT_DATA_DISPLAYMATRIX, 9 * MemoryLayout<Int32>.size))
            bytes.withMemoryRebound(to: Int32.self, capacity: 9) {
                av_display_rotation_set($0, Double(settings.rotationDegrees))
            }
        }
        self.settings = settings
        self.path = path
        frameDuration = av_rescale_q(1, av_inv_q(AVRational(settings.frameRate)), tick)
        frame = FFmpeg.allocated(av_frame_alloc())
        frame.pointee.format = AV_PIX_FMT_YUV420P.rawValue
        frame.pointee.width = Int32(settings.width)
        frame.pointee.height = Int32(settings.height)
        FFmpeg.require(av_frame_get_buffer(frame, 0))
        scaler = FFmpeg.allocated(
            sws_getContext(
                Int32(settings.width), Int32(settings.height), AV_PIX_FMT_RGB24, Int32(settings.width),
                Int32(settings.height), AV_PIX_FMT_YUV420P, SWS_BICUBIC | SWS_ACCURATE_RND | SWS_BITEXACT, nil, nil, nil
            ))
        let matrix = sws_getCoefficients(isHighDefinition ? SWS_CS_ITU709 : SWS_CS_ITU601)
        FFmpeg.require(sws_setColorspaceDetails(scaler, matrix, 1, matrix, 0, 0, 1 << 16, 1 << 16))
    }

    /// Ticks of the encoder's clock per frame; every picture time is a multiple of a tick.
    var ticksPerSecond: Int { Int(stream.context.pointee.time_base.den) }

    deinit {
        var frame: UnsafeMutablePointer<AVFrame>? = frame
        av_frame_free(&frame)
        sws_freeContext(scaler)
    }

    /// Encodes a picture that is displayed from `seconds` on.
    func encode(_ picture: PixelBuffer, at seconds: Double) throws(MediaError) {
        precondition(
            picture.width == settings.width && picture.height == settings.height && picture.channels == 3,
            "the picture's shape differs from the video's")
        let timeBase = stream.context.pointee.time_base
        let tick = Int64((seconds / timeBase.value).rounded())
        if let lastTick, tick <= lastTick {
            throw MediaError(
                .encode, "cannot write \(path): the picture at \(seconds) s does not come after the previous one")
        }
        lastTick = tick
        FFmpeg.require(av_frame_make_writable(frame))
        var source: [UnsafePointer<UInt8>?] = [UnsafePointer(picture.pixels.baseAddress), nil, nil, nil]
        var sourceStride: [Int32] = [Int32(picture.rowBytes), 0, 0, 0]
        withUnsafePointer(to: frame.pointee.data) { planes in
            withUnsafePointer(to: frame.pointee.linesize) { strides in
                planes.withMemoryRebound(to: UnsafeMutablePointer<UInt8>?.self, capacity: 8) { planes in
                    strides.withMemoryRebound(to: Int32.self, capacity: 8) { strides in
                        FFmpeg.require(
                            sws_scale(scaler, &source, &sourceStride, 0, Int32(picture.height), planes, strides))
                    }
                }
            }
        }
        frame.pointee.pts = tick
        // The encoder places the key frames; a type left from the previous frame would force it.
        frame.pointee.pict_type = AV_PICTURE_TYPE_NONE
        try stream.encode(frame, duration: frameDuration)
    }

    /// Flushes the encoder.
    func finish() throws(MediaError) { try stream.encode(nil, duration: frameDuration) }

    /// AVI counts frames, so its tick is a frame; elsewhere a frame is divided until a tick is shorter than 0.1 ms.
    private static func tick(_ settings: VideoEncoding, isAVI: Bool) -> AVRational {
        if let timeBase = settings.timeBase { return AVRational(timeBase) }
        var tick = av_inv_q(AVRational(settings.frameRate))
        while !isAVI, tick.value > 1e-4 { tick.den *= 2 }
        return tick
    }
}

extension AVRational {
    init(_ fraction: Rational) { self.init(num: Int32(fraction.numerator), den: Int32(fraction.denominator)) }
}
