import AVPrepModel
import CFFmpeg

/// Crops, scales, converts to RGB and rotates decoded pictures, with reused buffers.
///
/// swscale does everything but the rotation in one step; the rotation is applied to the small picture. Pictures with
/// transparency are composited over black first, and those of high dynamic range or wide gamut are mapped to a standard
/// display last (``ToneMapping``). A change of size, format or colour within a stream rebuilds what depends on it,
/// and the output keeps its size.
final class PictureScaler {
    let width: Int
    let height: Int
    private let geometry: PictureGeometry
    private let crop: CropMargins
    private let filter: Int32
    private let place: String
    /// The part of the source inside the margins: pointers into a frame of the decoder, valid for one call.
    private let view: UnsafeMutablePointer<AVFrame>
    private var stages: Stages?

    /// - Parameters:
    ///   - width: of the output pictures, in display orientation.
    ///   - crop: margins in display pixels.
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
        view = FFmpeg.allocated(av_frame_alloc())
    }

    deinit { view.free() }

    /// Scales `picture` into `target`.
    ///
    /// - Throws: ``MediaError`` with `unsupported` for a pixel format, colour matrix or size that cannot be converted.
    func scale(_ picture: DecodedPicture, into target: PixelBuffer) throws(MediaError) {
        precondition(target.width == width && target.height == height && target.channels == 3)
        let orientation = picture.orientation
        look(at: picture.frame, turned: orientation)
        let source = ColourConverter.Source(
            width: view.pointee.width, height: view.pointee.height, format: view.pointee.format, colour: picture.colour)
        if stages?.source != source || stages?.orientation != orientation {
            stages = nil
            let coded = orientation.applied(width: width, height: height)
            stages = try Stages(
                from: source, turned: orientation, width: coded.width, height: coded.height,
                of: picture.stream, filter: filter, place: place)
        }
        guard let stages, let pixels = target.pixels.baseAddress else { return }
        let scaled = try stages.run(view)
        let stride = Int(scaled.pointee.linesize.0)
        guard let rows = scaled.pointee.data.0 else { return }
        if let blue = scaled.pointee.data.1, let red = scaled.pointee.data.2 {
            precondition(
                scaled.pointee.linesize.1 == stride && scaled.pointee.linesize.2 == stride, "planes of one shape")
            let planes = RGBPlanes(red: red, green: rows, blue: blue, stride: stride)
            orientation.lay(planes, into: pixels, width: width, height: height)
        } else {
            orientation.lay(rows, stride: stride, into: pixels, width: width, height: height)
        }
    }

    /// Points ``view`` at the part of the frame inside the margins.
    private func look(at frame: UnsafeMutablePointer<AVFrame>, turned orientation: Orientation) {
        view.pointee.data = frame.pointee.data
        view.pointee.linesize = frame.pointee.linesize
        view.pointee.format = frame.pointee.format
        view.pointee.width = frame.pointee.width
        view.pointee.height = frame.pointee.height
        guard crop != .none, let layout = av_pix_fmt_desc_get(AVPixelFormat(frame.pointee.format)) else { return }
        let width = Int(frame.pointee.width)
        let height = Int(frame.pointee.height)
        let margins = geometry.codedMargins(of: crop, codedWidth: width, codedHeight: height, orientation: orientation)
        // Whole chroma samples, rounded inwards: half a sample of a black bar would still be a black edge.
        func whole(_ margin: Int, _ shift: UInt8) -> Int {
            ((margin + (1 << Int(shift)) - 1) >> Int(shift)) << Int(shift)
        }
        let left = whole(margins.left, layout.pointee.log2_chroma_w)
        let right = whole(margins.right, layout.pointee.log2_chroma_w)
        let top = whole(margins.top, layout.pointee.log2_chroma_h)
        let bottom = whole(margins.bottom, layout.pointee.log2_chroma_h)
        guard left + right < width, top + bottom < height else { return }
        view.pointee.crop_left = left
        view.pointee.crop_right = right
        view.pointee.crop_top = top
        view.pointee.crop_bottom = bottom
        FFmpeg.require(av_frame_apply_cropping(view, Int32(AV_FRAME_CROP_UNALIGNED)))
    }
}

/// The processing steps for pictures of one size, format, colour and orientation, up to the rotation.
private final class Stages {
    let source: ColourConverter.Source
    let orientation: Orientation
    private let compositor: AlphaCompositor?
    private let converter: ColourConverter
    private let mapping: ToneMapping?
    /// Output of swscale: 16 bits per component where a mapping follows.
    private let scaled: UnsafeMutablePointer<AVFrame>
    private let mapped: UnsafeMutablePointer<AVFrame>?

    init(
        from source: ColourConverter.Source, turned orientation: Orientation, width: Int, height: Int,
        of stream: StreamPictures, filter: Int32, place: String
    ) throws(MediaError) {
        self.source = source
        self.orientation = orientation
        mapping = ToneMapping(for: source.colour, peakNits: stream.peakNits)
        let isTransparent = AlphaCompositor.concerns(source.format) && !stream.ignoresAlpha
        compositor = isTransparent ? try AlphaCompositor(from: source, place: place) : nil
        var opaque = source
        if let compositor {
            opaque.format = compositor.result.pointee.format
            opaque.colour.matrix = AVCOL_SPC_RGB
            opaque.colour.isFullRange = true
        }
        let isPlanar = compositor == nil && ColourConverter.hasPlanarTwin(source, height: height, filter: filter)
        scaled = .allocate(
            width: width, height: height,
            format: mapping != nil ? AV_PIX_FMT_RGB48LE : isPlanar ? AV_PIX_FMT_GBRP : AV_PIX_FMT_RGB24)
        mapped = mapping == nil ? nil : .allocate(width: width, height: height, format: AV_PIX_FMT_RGB24)
        do {
            converter = try ColourConverter(from: opaque, to: scaled, filter: filter, place: place)
        } catch {
            scaled.free()
            mapped?.free()
            throw error
        }
    }

    deinit {
        scaled.free()
        mapped?.free()
    }

    /// - Returns: the scaled picture in `rgb24` or, with the same values, `gbrp`; valid until the next call.
    func run(_ view: UnsafeMutablePointer<AVFrame>) throws(MediaError) -> UnsafeMutablePointer<AVFrame> {
        var opaque = view
        if let compositor {
            try compositor.compose(view)
            opaque = compositor.result
        }
        try converter.convert(opaque, into: scaled)
        guard let mapping, let mapped else { return scaled }
        mapping.map(scaled, into: mapped)
        return mapped
    }
}
