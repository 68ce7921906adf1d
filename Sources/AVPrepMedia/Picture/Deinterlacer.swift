import CFFmpeg

/// Makes one whole picture of an interlaced one: the field that is shown first keeps its lines, the others are
/// interpolated to its moment.
///
/// The method is bwdif's (Bob Weaver Deinterlacing Filter): the spatial and temporal filters of the BBC's Weston
/// three-field deinterlacer (BBC R&D, W3FDIF), held within the bounds that yadif's comparison with the neighbouring
/// pictures allows. It is here and not taken from libavfilter because linking that doubles the start-up time of every
/// process (28 ms more), and a decoder process may load no library once it has seen a byte of the file.
final class Deinterlacer {
    private var result: UnsafeMutablePointer<AVFrame>?

    deinit { result?.free() }

    /// Whether samples of this format lie in whole bytes or 16-bit words, one way in all lines.
    static func takes(_ format: Int32) -> Bool { sampleBits(format) != nil }

    /// Eight for one byte a sample, sixteen for a word; nil for others: bit streams, palettes, floats.
    private static func sampleBits(_ format: Int32) -> Int? {
        guard let layout = av_pix_fmt_desc_get(AVPixelFormat(format))?.pointee else { return nil }
        let strange =
            AV_PIX_FMT_FLAG_BITSTREAM | AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_HWACCEL
            | AV_PIX_FMT_FLAG_FLOAT | AV_PIX_FMT_FLAG_BE
        guard layout.flags & UInt64(strange) == 0 else { return nil }
        let components = [layout.comp.0, layout.comp.1, layout.comp.2, layout.comp.3].prefix(Int(layout.nb_components))
        if components.allSatisfy({ $0.depth == 8 && $0.shift == 0 }) { return 8 }
        // Samples of 9 to 16 bits fill a word each; formats that pack three into one word have steps of four bytes.
        return components.allSatisfy { $0.depth > 8 && $0.depth <= 16 && $0.offset % 2 == 0 && $0.step % 2 == 0 }
            && Set(components.map(\.shift)).count == 1 ? 16 : nil
    }

    /// - Parameters:
    ///   - current: an interlaced picture in a format that ``takes(_:)``.
    ///   - previous: the picture before, next: the one after; nil where there is none of the same size and format. Then
    ///     the missing lines come from their neighbours in the same picture.
    /// - Returns: the whole picture, lent until the next call.
    func deinterlace(
        _ current: UnsafeMutablePointer<AVFrame>, previous: UnsafeMutablePointer<AVFrame>?,
        next: UnsafeMutablePointer<AVFrame>?
    ) -> UnsafeMutablePointer<AVFrame> {
        guard let bits = Self.sampleBits(current.pointee.format),
            let layout = av_pix_fmt_desc_get(AVPixelFormat(current.pointee.format))
        else { return current }
        let whole = frame(like: current)
        let format = AVPixelFormat(current.pointee.format)
        let depth = Int32(layout.pointee.comp.0.depth) + Int32(layout.pointee.comp.0.shift)
        let planes = Int(av_pix_fmt_count_planes(format))
        for plane in 0..<min(planes, 4) {
            let isChroma = plane == 1 || plane == 2
            let shift = isChroma ? Int(layout.pointee.log2_chroma_h) : 0
            let height = (Int(current.pointee.height) + (1 << shift) - 1) >> shift
            // Not negative: the format has been looked up, and the decoder has made pictures of this width.
            let bytes = Int(av_image_get_linesize(format, current.pointee.width, Int32(plane)))
            let field = FieldPlane(
                current: Self.plane(current, plane), previous: previous.map { Self.plane($0, plane) },
                next: next.map { Self.plane($0, plane) }, height: height,
                isTopFirst: current.pointee.top_field_first != 0)
            let target = Self.plane(whole, plane)
            if bits == 8 {
                field.fill(target, count: bytes, as: UInt8.self, most: 255)
            } else {
                field.fill(target, count: bytes / 2, as: UInt16.self, most: 1 << depth - 1)
            }
        }
        return whole
    }

    private static func plane(_ frame: UnsafeMutablePointer<AVFrame>, _ index: Int) -> FieldPlane.Rows {
        frame.withPlanes { planes, strides in
            FieldPlane.Rows(
                start: UnsafeMutableRawPointer(mutating: FFmpeg.allocated(planes[index])), stride: Int(strides[index]))
        }
    }

    /// The buffer for results, with all that the picture says of itself except that it is interlaced.
    private func frame(like current: UnsafeMutablePointer<AVFrame>) -> UnsafeMutablePointer<AVFrame> {
        let (width, height, format) = (current.pointee.width, current.pointee.height, current.pointee.format)
        var whole = result
        if whole?.pointee.width != width || whole?.pointee.height != height || whole?.pointee.format != format {
            whole?.free()
            whole = .allocate(width: Int(width), height: Int(height), format: AVPixelFormat(format))
            result = whole
        }
        let made = FFmpeg.allocated(whole)
        made.pointee.color_range = current.pointee.color_range
        made.pointee.colorspace = current.pointee.colorspace
        made.pointee.color_primaries = current.pointee.color_primaries
        made.pointee.color_trc = current.pointee.color_trc
        made.pointee.chroma_location = current.pointee.chroma_location
        return made
    }
}
