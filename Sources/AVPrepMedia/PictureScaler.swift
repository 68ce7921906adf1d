import AVPrepCore
import CFFmpeg

/// Crops, scales, converts to RGB and turns decoded pictures, with buffers that are made once.
///
/// swscale does all but the turn in one step; the turn is done on the small picture. A change of size or pixel format in
/// the middle of a stream rebuilds the scaler, and the output keeps its size.
final class PictureScaler {
    let width: Int
    let height: Int
    private let geometry: PictureGeometry
    private let crop: CropMargins
    private let filter: Int32
    private let place: String
    private let scaled: UnsafeMutablePointer<AVFrame>
    private var scaler: OpaquePointer?
    private var source: Source?

    /// What the scaler is built for.
    private struct Source: Equatable {
        var width: Int32
        var height: Int32
        var format: Int32
        var matrix: Int32
        var isFullRange: Bool
    }

    /// - Parameters:
    ///   - width: of the pictures that come out, as shown.
    ///   - crop: cut off in pixels as shown.
    ///   - filter: swscale's, e.g. `SWS_BICUBIC`.
    ///   - path: the file, for messages.
    init(
        width: Int, height: Int, crop: CropMargins, geometry: PictureGeometry, filter: Int32 = SWS_BICUBIC, path: String
    ) {
        self.width = width
        self.height = height
        self.geometry = geometry
        self.crop = crop
        self.filter = filter
        place = path
        scaled = FFmpeg.allocated(av_frame_alloc())
        let coded = geometry.orientation.applied(width: width, height: height)
        scaled.pointee.format = AV_PIX_FMT_RGB24.rawValue
        scaled.pointee.width = Int32(coded.width)
        scaled.pointee.height = Int32(coded.height)
        // Rows padded by av_frame_get_buffer: swscale's vector code writes past the end of tight ones.
        guard av_frame_get_buffer(scaled, 0) >= 0 else { fatalError("out of memory in FFmpeg") }
    }

    deinit {
        sws_freeContext(scaler)
        var scaled: UnsafeMutablePointer<AVFrame>? = scaled
        av_frame_free(&scaled)
    }

    /// Fills `picture` with what `frame` shows. The frame is cropped in place: it serves for this one call.
    ///
    /// - Throws: ``MediaError`` with `unsupported` for a pixel format or size swscale does not take.
    func scale(_ frame: UnsafeMutablePointer<AVFrame>, into picture: Image8) throws(MediaError) {
        precondition(picture.width == width && picture.height == height && picture.channels == 3)
        // Before cropping: the picture's own lines decide which matrix it is likely to have.
        let matrix = ColourMatrix.matrix(of: frame)
        cut(frame)
        try build(
            for: Source(
                width: frame.pointee.width, height: frame.pointee.height, format: frame.pointee.format, matrix: matrix,
                isFullRange: ColourMatrix.isFullRange(frame)))
        let rows = frame.withPlanes { planes, strides in
            scaled.withPlanes { targetPlanes, targetStrides in
                targetPlanes.withMemoryRebound(to: UnsafeMutablePointer<UInt8>?.self, capacity: 8) {
                    sws_scale(scaler, planes, strides, 0, frame.pointee.height, $0, targetStrides)
                }
            }
        }
        try FFmpeg.check(rows, .unsupported, "cannot scale a picture of \(place)")
        guard let pixels = scaled.pointee.data.0, let target = picture.pixels.baseAddress else { return }
        geometry.orientation.lay(
            pixels, stride: Int(scaled.pointee.linesize.0), into: target, width: width, height: height)
    }

    /// Moves the frame's pointers to the part inside the margins.
    private func cut(_ frame: UnsafeMutablePointer<AVFrame>) {
        guard crop != .none, let layout = av_pix_fmt_desc_get(AVPixelFormat(frame.pointee.format)) else { return }
        let width = Int(frame.pointee.width)
        let height = Int(frame.pointee.height)
        let margins = geometry.codedMargins(of: crop, codedWidth: width, codedHeight: height)
        // Whole chroma samples, inwards: half a sample of a black bar is still a black edge.
        func whole(_ margin: Int, _ shift: UInt8) -> Int {
            ((margin + (1 << Int(shift)) - 1) >> Int(shift)) << Int(shift)
        }
        let left = whole(margins.left, layout.pointee.log2_chroma_w)
        let right = whole(margins.right, layout.pointee.log2_chroma_w)
        let top = whole(margins.top, layout.pointee.log2_chroma_h)
        let bottom = whole(margins.bottom, layout.pointee.log2_chroma_h)
        guard left + right < width, top + bottom < height else { return }
        frame.pointee.crop_left = left
        frame.pointee.crop_right = right
        frame.pointee.crop_top = top
        frame.pointee.crop_bottom = bottom
        av_frame_apply_cropping(frame, Int32(AV_FRAME_CROP_UNALIGNED))
    }

    private func build(for source: Source) throws(MediaError) {
        guard self.source != source else { return }
        sws_freeContext(scaler)
        self.source = nil
        // Bit-exact and accurately rounded: the same pictures on every processor, for 3 % of a pass. SWS_FULL_CHR_H_INT
        // costs 15 % more, and is what makes colours right: without it swscale 6.7 converts through tables that come
        // out 1 to 2 levels too dark.
        scaler = sws_getContext(
            source.width, source.height, AVPixelFormat(source.format), scaled.pointee.width, scaled.pointee.height,
            AV_PIX_FMT_RGB24, filter | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_BITEXACT, nil, nil, nil)
        guard let scaler else {
            let format = av_get_pix_fmt_name(AVPixelFormat(source.format)).map { String(cString: $0) } ?? "unknown"
            throw MediaError(
                .unsupported,
                "\(place): pictures of \(source.width) × \(source.height) in pixel format \(format) cannot be scaled to "
                    + "\(scaled.pointee.width) × \(scaled.pointee.height)"
                    + (FFmpeg.takeLog().map { "; \($0)" } ?? ""))
        }
        let matrix = sws_getCoefficients(source.matrix)
        // Not negative for RGB sources either, to which it does not apply.
        sws_setColorspaceDetails(scaler, matrix, source.isFullRange ? 1 : 0, matrix, 1, 0, 1 << 16, 1 << 16)
        self.source = source
    }
}

extension UnsafeMutablePointer<AVFrame> {
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
