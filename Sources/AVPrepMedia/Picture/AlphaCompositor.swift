import CFFmpeg

/// Composites pictures with transparency over black before scaling: the colour of a transparent pixel must not bleed
/// into its neighbours.
///
/// Alpha is treated as straight, as PNG, VP8, VP9 and ProRes define it: FFmpeg 5.1 does not report premultiplied alpha.
final class AlphaCompositor {
    /// The opaque picture: `rgb24`, or `rgb48` for sources of more than 8 bits.
    let result: UnsafeMutablePointer<AVFrame>
    private let straight: UnsafeMutablePointer<AVFrame>
    private let converter: ColourConverter
    private let isDeep: Bool

    init(from source: ColourConverter.Source, place: String) throws(MediaError) {
        let depth = av_pix_fmt_desc_get(AVPixelFormat(source.format))?.pointee.comp.0.depth ?? 8
        isDeep = depth > 8
        let (width, height) = (Int(source.width), Int(source.height))
        straight = .allocate(width: width, height: height, format: isDeep ? AV_PIX_FMT_RGBA64LE : AV_PIX_FMT_RGBA)
        result = .allocate(width: width, height: height, format: isDeep ? AV_PIX_FMT_RGB48LE : AV_PIX_FMT_RGB24)
        do {
            converter = try ColourConverter(from: source, to: straight, filter: SWS_BICUBIC, place: place)
        } catch {
            straight.free()
            result.free()
            throw error
        }
    }

    deinit {
        straight.free()
        result.free()
    }

    /// Whether a picture can have transparent pixels.
    static func concerns(_ format: Int32) -> Bool {
        guard let layout = av_pix_fmt_desc_get(AVPixelFormat(format)) else { return false }
        return layout.pointee.flags & UInt64(AV_PIX_FMT_FLAG_ALPHA) != 0
    }

    /// Fills ``result`` with the picture composited over black.
    func compose(_ frame: UnsafeMutablePointer<AVFrame>) throws(MediaError) {
        try converter.convert(frame, into: straight)
        guard let source = straight.pointee.data.0, let target = result.pointee.data.0 else { return }
        let width = Int(result.pointee.width)
        for row in 0..<Int(result.pointee.height) {
            let from = source + row * Int(straight.pointee.linesize.0)
            let into = target + row * Int(result.pointee.linesize.0)
            if isDeep {
                from.withMemoryRebound(to: UInt16.self, capacity: 4 * width) { from in
                    into.withMemoryRebound(to: UInt16.self, capacity: 3 * width) { into in
                        multiplyByAlpha(from, into, width)
                    }
                }
            } else {
                multiplyByAlpha(from, into, width)
            }
        }
    }
}

/// RGBA to RGB, each component times its pixel's alpha over the maximum, rounded.
@inline(__always)
private func multiplyByAlpha<Sample: FixedWidthInteger & UnsignedInteger>(
    _ source: UnsafePointer<Sample>, _ target: UnsafeMutablePointer<Sample>, _ width: Int
) {
    let most = UInt64(Sample.max)
    for x in 0..<width {
        let alpha = UInt64(source[4 &* x &+ 3])
        for channel in 0..<3 {
            let product = UInt64(source[4 &* x &+ channel]) &* alpha
            target[3 &* x &+ channel] = Sample(truncatingIfNeeded: (product &+ most / 2) / most)
        }
    }
}
