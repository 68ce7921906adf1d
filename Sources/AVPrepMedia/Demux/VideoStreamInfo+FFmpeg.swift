import CFFmpeg

extension VideoStreamInfo {
    /// - Parameter first: the first picture, which is more reliable than the container; nil when none decodes.
    init(
        of stream: UnsafeMutablePointer<AVStream>, times: PresentationTimes,
        first: (frame: UnsafePointer<AVFrame>, span: VideoTrack.Span)?, geometry: PictureGeometry
    ) {
        let parameters = stream.pointee.codecpar.pointee
        let format = AVPixelFormat(first?.frame.pointee.format ?? parameters.format)
        let rate = stream.pointee.avg_frame_rate
        self.init(
            index: Int(stream.pointee.index), codec: FFmpeg.codecName(parameters),
            profile: avcodec_profile_name(parameters.codec_id, parameters.profile).map { String(cString: $0) },
            pixelFormat: av_get_pix_fmt_name(format).map { String(cString: $0) } ?? "unknown",
            width: Int(first?.frame.pointee.width ?? parameters.width),
            height: Int(first?.frame.pointee.height ?? parameters.height), displayWidth: geometry.displayWidth,
            displayHeight: geometry.displayHeight, rotationDegrees: geometry.orientation.rotationDegrees,
            isMirrored: geometry.orientation.isMirrored, sampleAspectRatio: geometry.sampleAspectRatio,
            averageFrameRate: rate.num > 0 && rate.den > 0 ? rate.value : nil,
            startSeconds: first?.span.start ?? times.streamStart ?? 0,
            durationSeconds: times.streamDuration,
            colour: first.flatMap { VideoColour(of: $0.frame, in: StreamPictures(of: stream, first: $0.frame)) })
        language = FFmpeg.language(of: stream)
        dispositions = FFmpeg.dispositions(of: stream)
    }
}

extension VideoColour {
    /// - Returns: nil for a pixel format that FFmpeg has no description of.
    fileprivate init?(of frame: UnsafePointer<AVFrame>, in stream: StreamPictures) {
        guard let layout = av_pix_fmt_desc_get(AVPixelFormat(frame.pointee.format))?.pointee else { return nil }
        let colour = PictureColour(of: frame, keepsImages: stream.keepsImages)
        let components = [layout.comp.0, layout.comp.1, layout.comp.2, layout.comp.3]
        self.init(
            bitsPerComponent: components.prefix(Int(layout.nb_components)).map { Int($0.depth) }.max() ?? 0,
            sampling: Self.sampling(layout),
            hasAlpha: AlphaCompositor.concerns(frame.pointee.format) && !stream.ignoresAlpha,
            stated: PictureColour.statedNames(of: frame.pointee), used: colour.names,
            dynamicRange: colour.dynamicRange,
            peakNits: ToneMapping.peakNits(of: colour, stated: stream.peakNits),
            isInterlaced: frame.pointee.interlaced_frame != 0)
    }

    private static func sampling(_ layout: AVPixFmtDescriptor) -> String {
        if layout.flags & UInt64(AV_PIX_FMT_FLAG_PAL) != 0 { return "palette" }
        if layout.flags & UInt64(AV_PIX_FMT_FLAG_RGB) != 0 { return "rgb" }
        return switch (layout.nb_components, layout.log2_chroma_w, layout.log2_chroma_h) {
        case (..<3, _, _): "grey"
        case (_, 0, 0): "4:4:4"
        case (_, 0, 1): "4:4:0"
        case (_, 1, 0): "4:2:2"
        case (_, 1, 1): "4:2:0"
        case (_, 2, 0): "4:1:1"
        default: "4:1:0"
        }
    }
}
