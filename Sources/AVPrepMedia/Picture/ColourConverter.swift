import CFFmpeg

/// swscale for pictures of one size, format and colour: scales and converts to RGB in one step.
final class ColourConverter {
    /// The parameters that swscale is configured for.
    struct Source: Equatable {
        var width: Int32
        var height: Int32
        var format: Int32
        var colour: PictureColour
    }

    private let scaler: OpaquePointer
    private let place: String

    /// - Parameters:
    ///   - target: has the size and RGB format of the output.
    ///   - filter: e.g. `SWS_BICUBIC`.
    ///   - place: the file, for messages.
    /// - Throws: ``MediaError`` with `unsupported` for a format, size or matrix that swscale does not support.
    init(
        from source: Source, to target: UnsafePointer<AVFrame>, filter: Int32, place: String
    ) throws(MediaError) {
        guard let matrix = source.colour.scalerMatrix else {
            throw MediaError(
                .unsupported, "\(place): no conversion to RGB is known for colour matrix \(source.colour.names.matrix)")
        }
        let scaler = FFmpeg.allocated(sws_alloc_context())
        func set(_ option: String, _ value: Int) {
            FFmpeg.require(av_opt_set_int(UnsafeMutableRawPointer(scaler), option, Int64(value), 0))
        }
        set("srcw", Int(source.width))
        set("srch", Int(source.height))
        set("src_format", Int(source.format))
        set("dstw", Int(target.pointee.width))
        set("dsth", Int(target.pointee.height))
        set("dst_format", Int(target.pointee.format))
        // Bit-exact and accurately rounded: the same pictures on every processor, for 3 % of a pass. SWS_FULL_CHR_H_INT
        // costs 15 % more and is needed for correct colours: without it swscale 6.7 converts through tables that are 1
        // to 2 levels too dark. SWS_FULL_CHR_H_INP keeps it from dropping every other pixel's colour of an RGB source
        // that is scaled down; it does not affect other sources.
        let exact = SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP | SWS_BITEXACT
        set("sws_flags", Int(filter | exact))
        if let layout = av_pix_fmt_desc_get(AVPixelFormat(source.format)) {
            // swscale counts in 1/256 luma pixels and by default assumes the centre position.
            let (x, y) = Self.chromaPosition(source.colour.chromaLocation)
            if layout.pointee.log2_chroma_w > 0 { set("src_h_chr_pos", x) }
            if layout.pointee.log2_chroma_h > 0 { set("src_v_chr_pos", y) }
        }
        let coefficients = sws_getCoefficients(matrix)
        guard sws_isSupportedInput(AVPixelFormat(source.format)) != 0, sws_init_context(scaler, nil, nil) >= 0 else {
            sws_freeContext(scaler)
            let format = av_get_pix_fmt_name(AVPixelFormat(source.format)).map { String(cString: $0) } ?? "unknown"
            throw MediaError(
                .unsupported,
                "\(place): pictures of \(source.width) × \(source.height) in pixel format \(format) cannot be scaled to "
                    + "\(target.pointee.width) × \(target.pointee.height)"
                    + (FFmpeg.takeLog().map { "; \($0)" } ?? ""))
        }
        // Not negative for RGB sources either, which it does not apply to.
        let status = sws_setColorspaceDetails(
            scaler, coefficients, source.colour.isFullRange ? 1 : 0, coefficients, 1, 0, 1 << 16, 1 << 16)
        guard status >= 0 else {
            sws_freeContext(scaler)
            throw MediaError(
                .unsupported, "\(place): its colours cannot be converted from \(source.colour.names.matrix) to RGB")
        }
        self.scaler = scaler
        self.place = place
    }

    deinit { sws_freeContext(scaler) }

    /// Whether swscale 6.7 gives planes of red, green and blue (`gbrp`) that have the same bits as its interleaved pixels, in
    /// a quarter of the time, having vector code for them: of luma and chroma under the bicubic filter, or under that of area
    /// means where two rows or more become one. Where it mixes one or two rows of chroma, or has no chroma, it rounds
    /// interleaved pixels in another way.
    ///
    /// - Parameter height: rows of the output.
    static func hasPlanarTwin(_ source: Source, height: Int, filter: Int32) -> Bool {
        let format = AVPixelFormat(source.format)
        guard let layout = av_pix_fmt_desc_get(format)?.pointee else { return false }
        let isShrunk = filter == SWS_AREA && Int(source.height) >= 2 * height && layout.log2_chroma_h <= 1
        guard filter == SWS_BICUBIC || isShrunk else { return false }
        let others = AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_ALPHA | AV_PIX_FMT_FLAG_HWACCEL
        let isXYZ = [AV_PIX_FMT_XYZ12LE, AV_PIX_FMT_XYZ12BE].contains(format)
        return layout.nb_components == 3 && layout.flags & UInt64(others) == 0 && !isXYZ
    }

    /// Converts `source` into `target`; both have the properties given to `init`.
    func convert(_ source: UnsafeMutablePointer<AVFrame>, into target: UnsafeMutablePointer<AVFrame>) throws(MediaError)
    {
        let rows = source.withPlanes { planes, strides in
            target.withPlanes { targetPlanes, targetStrides in
                targetPlanes.withMemoryRebound(to: UnsafeMutablePointer<UInt8>?.self, capacity: 8) {
                    sws_scale(scaler, planes, strides, 0, source.pointee.height, $0, targetStrides)
                }
            }
        }
        try FFmpeg.check(rows, .unsupported, "cannot scale a picture of \(place)")
    }

    /// The chroma sample's position in 1/256 luma pixels, relative to the upper left luma sample.
    private static func chromaPosition(_ location: AVChromaLocation) -> (x: Int, y: Int) {
        switch location {
        case AVCHROMA_LOC_CENTER: (128, 128)
        case AVCHROMA_LOC_TOPLEFT: (0, 0)
        case AVCHROMA_LOC_TOP: (128, 0)
        case AVCHROMA_LOC_BOTTOMLEFT: (0, 256)
        case AVCHROMA_LOC_BOTTOM: (128, 256)
        default: (0, 128)
        }
    }
}

extension UnsafeMutablePointer<AVFrame> {
    /// An empty frame of this size and format.
    static func allocate(width: Int, height: Int, format: AVPixelFormat) -> Self {
        let frame = FFmpeg.allocated(av_frame_alloc())
        frame.pointee.format = format.rawValue
        frame.pointee.width = Int32(width)
        frame.pointee.height = Int32(height)
        // Rows padded by av_frame_get_buffer: swscale's vector code writes past the end of unpadded ones.
        guard av_frame_get_buffer(frame, 0) >= 0 else { fatalError("out of memory in FFmpeg") }
        return frame
    }

    /// Releases the frame and its buffers.
    func free() {
        var frame: Self? = self
        av_frame_free(&frame)
    }

    /// The frame's plane pointers and row strides as C arrays of eight.
    func withPlanes<Result>(
        _ body: (UnsafeMutablePointer<UnsafePointer<UInt8>?>, UnsafeMutablePointer<Int32>) -> Result
    ) -> Result {
        withUnsafeMutablePointer(to: &pointee.data) { planes in
            withUnsafeMutablePointer(to: &pointee.linesize) { strides in
                planes.withMemoryRebound(to: UnsafePointer<UInt8>?.self, capacity: 8) { planes in
                    strides.withMemoryRebound(to: Int32.self, capacity: 8) { strides in body(planes, strides) }
                }
            }
        }
    }
}
