import AVPrepModel
package import AVPrepStore

/// Decodes the pictures of clips, whatever codec they are stored in. One a thread: its buffers are used again for every
/// picture.
package final class ClipDecoder {
    let jpeg: JPEGDecoder
    let png = PNGCodec()
    /// A whole picture of the frames' size, for codecs that cannot decode a part of one.
    private var whole: PixelBuffer?
    /// The planes of a picture of flow, likewise.
    var planes: PixelBuffer?

    /// - Throws: `StoreError` for want of memory.
    package init() throws { jpeg = try JPEGDecoder() }

    /// Pixels that hold the region asked for, and where it lies among them.
    package struct Picture {
        /// Where the region lies among the pixels: the same for all pictures of a segment, region and output.
        package struct Placement: Equatable {
            /// Size of the pixels that the region touches.
            package let width: Int
            package let height: Int
            /// Pixels from one row to the next.
            package let stride: Int
            /// Left and top edge of the region among them, 0 ≤ x < 1: not whole where a decoder's scale does not divide the
            /// region's edges.
            package let x: Double
            package let y: Double
            /// Extent of the region among them, in pixels.
            package let regionWidth: Double
            package let regionHeight: Double
        }

        /// 8-bit `[y, x, channel]` from the first pixel that the region touches, valid during the call.
        package let pixels: UnsafeBufferPointer<UInt8>
        /// 3 (RGB), or 1 (grey) for JPEG from elsewhere.
        package let channels: Int
        package let placement: Placement
    }

    /// Decodes one frame as far as a region needs it: no more of the picture than the region, and no larger than the
    /// output, where the codec allows.
    ///
    /// - Parameters:
    ///   - frame: one of the clip's ``PictureClip/frames``.
    ///   - region: in pixels of the stored picture, inside of it.
    ///   - outputWidth: pixels that the region is wanted in; there are at least as many, or all that are stored.
    /// - Throws: `StoreError` when the picture cannot be decoded, in its decoder's words; what `body` throws.
    package func withPixels<Result>(
        of frame: Int, in clip: PictureClip, region: JPEGDecoder.Region, outputWidth: Int, outputHeight: Int,
        _ body: (Picture) throws -> Result
    ) throws -> Result {
        let (width, height) = (clip.width, clip.height)
        return try clip.withEncoded(frame) { bytes in
            switch clip.codec {
            case .jpeg:
                let decoded = try jpeg.decode(
                    bytes, region: region, outputWidth: outputWidth, outputHeight: outputHeight)
                return try body(
                    Picture(
                        pixels: decoded.pixels, channels: decoded.channels,
                        placement: .init(
                            width: decoded.width, height: decoded.height, stride: decoded.width, x: decoded.x,
                            y: decoded.y, regionWidth: decoded.regionWidth, regionHeight: decoded.regionHeight)))
            case .png:
                let picture = Self.buffer(&whole, width: width, height: height, channels: 3)
                try png.decode(bytes, into: picture)
                return try body(Self.picture(UnsafeBufferPointer(picture.pixels), width: width, region))
            case .raw:
                guard bytes.count == width * height * 3 else {
                    throw StoreError(
                        .picture, "a picture has \(bytes.count) bytes, not those of \(width) × \(height) RGB pixels")
                }
                return try bytes.withMemoryRebound(to: UInt8.self) {
                    try body(Self.picture($0, width: width, region))
                }
            }
        }
    }

    /// A region of a whole picture, RGB.
    private static func picture(
        _ pixels: UnsafeBufferPointer<UInt8>, width: Int, _ region: JPEGDecoder.Region
    ) -> Picture {
        Picture(
            pixels: UnsafeBufferPointer(rebasing: pixels[((region.y * width + region.x) * 3)...]), channels: 3,
            placement: .init(
                width: region.width, height: region.height, stride: width, x: 0, y: 0,
                regionWidth: Double(region.width), regionHeight: Double(region.height)))
    }

    /// The buffer of this size that was used before, or a new one.
    static func buffer(_ kept: inout PixelBuffer?, width: Int, height: Int, channels: Int) -> PixelBuffer {
        if let kept, kept.width == width, kept.height == height { return kept }
        let buffer = PixelBuffer(width: width, height: height, channels: channels)
        kept = buffer
        return buffer
    }
}
