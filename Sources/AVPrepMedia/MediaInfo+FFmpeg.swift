import CFFmpeg

extension MediaInfo {
    /// What the container says about the whole; the streams are filled in by others.
    init(of demuxer: Demuxer) {
        let format = demuxer.format.pointee
        let hasDuration = format.duration != avprep_nopts && format.duration > 0
        self.init(
            container: String(cString: format.iformat.pointee.name),
            durationSeconds: hasDuration ? Double(format.duration) / Double(AV_TIME_BASE) : nil,
            bitRate: Int(max(0, format.bit_rate)), video: nil, audio: nil)
    }
}

extension VideoStreamInfo {
    /// - Parameter first: the first picture, which knows better than the container; nil when none decodes.
    init(
        of stream: UnsafeMutablePointer<AVStream>,
        first: (frame: UnsafePointer<AVFrame>, span: PictureTrack.Span)?, geometry: PictureGeometry
    ) {
        let parameters = stream.pointee.codecpar.pointee
        let times = PresentationTimes(of: stream)
        let format = AVPixelFormat(first?.frame.pointee.format ?? parameters.format)
        let rate = stream.pointee.avg_frame_rate
        self.init(
            index: Int(stream.pointee.index), codec: FFmpeg.codecName(parameters),
            profile: avcodec_profile_name(parameters.codec_id, parameters.profile).map { String(cString: $0) },
            pixelFormat: av_get_pix_fmt_name(format).map { String(cString: $0) } ?? "unknown",
            width: Int(first?.frame.pointee.width ?? parameters.width),
            height: Int(first?.frame.pointee.height ?? parameters.height), displayWidth: geometry.displayWidth,
            displayHeight: geometry.displayHeight, rotationDegrees: geometry.orientation.rotationDegrees,
            sampleAspectRatio: geometry.sampleAspectRatio,
            averageFrameRate: rate.num > 0 && rate.den > 0 ? rate.value : nil,
            startSeconds: first?.span.start ?? times.streamStart ?? 0,
            durationSeconds: times.duration(of: stream.pointee.duration))
    }
}

extension AudioStreamInfo {
    /// - Parameter track: stands before the first sound; nil when none decodes.
    init(of stream: UnsafeMutablePointer<AVStream>, track: SoundTrack?) {
        let parameters = stream.pointee.codecpar.pointee
        let times = PresentationTimes(of: stream)
        let language = av_dict_get(stream.pointee.metadata, "language", nil, 0)?.pointee.value
        self.init(
            index: Int(stream.pointee.index), codec: FFmpeg.codecName(parameters),
            profile: avcodec_profile_name(parameters.codec_id, parameters.profile).map { String(cString: $0) },
            sampleRate: track?.sampleRate ?? Int(parameters.sample_rate),
            channels: track?.channels ?? Int(parameters.ch_layout.nb_channels),
            language: language.map { String(cString: $0) },
            startSeconds: track?.startSeconds ?? times.streamStart ?? 0,
            durationSeconds: times.duration(of: stream.pointee.duration))
    }
}

extension PictureGeometry {
    /// - Parameter first: the first picture; without one the container's word stands.
    init(of stream: UnsafeMutablePointer<AVStream>, in demuxer: Demuxer, first: UnsafePointer<AVFrame>?) {
        let parameters = stream.pointee.codecpar.pointee
        let aspect = av_guess_sample_aspect_ratio(
            demuxer.format, stream, first.map { UnsafeMutablePointer(mutating: $0) })
        self.init(
            codedWidth: Int(first?.pointee.width ?? parameters.width),
            codedHeight: Int(first?.pointee.height ?? parameters.height),
            sampleAspectRatio: [Int(aspect.num), Int(aspect.den)], orientation: Orientation(of: stream))
    }
}
