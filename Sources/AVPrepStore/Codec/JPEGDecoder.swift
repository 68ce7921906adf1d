package import AVPrepModel
import CTurboJPEG

/// Decodes JPEG pictures with libjpeg-turbo. One per worker: its buffers are reused for each picture.
///
/// Input is untrusted: any fault of it is an error, including warnings of the library. Progressive pictures (with
/// several scans) are refused: avprep writes none, and they can demand much memory with few bytes.
package final class JPEGDecoder {
    /// The properties in a picture's header.
    package struct Header: Sendable, Equatable {
        package var width: Int
        package var height: Int
        /// 1 (grey) or 3.
        package var channels: Int
    }

    /// A rectangle in whole pixels of the full-size picture.
    package struct Region: Sendable, Equatable {
        package var x: Int
        package var y: Int
        package var width: Int
        package var height: Int

        package init(x: Int, y: Int, width: Int, height: Int) {
            self.x = x
            self.y = y
            self.width = width
            self.height = height
        }
    }

    /// The pixels of a region, decoded at reduced size, and the position of the region in them.
    package struct DecodedRegion {
        /// `[y, x, channel]`, without gaps; valid until the decoder's next use.
        package let pixels: UnsafeBufferPointer<UInt8>
        /// Size of `pixels`, which are all pixels that the region touches.
        package let width: Int
        package let height: Int
        package let channels: Int
        /// The region in `pixels`: its left and top edge, 0 ≤ x < 1, and its size. These are not integers if the scale
        /// does not divide the region's edges.
        package let x: Double
        package let y: Double
        package let regionWidth: Double
        package let regionHeight: Double
        /// The scale, in eighths.
        package let eighths: Int
    }

    /// The largest picture accepted, in pixels.
    private let maxPixels: Int
    private let decoder: UnsafeMutablePointer<avprep_jpeg_decoder>
    private var buffer: UnsafeMutableBufferPointer<UInt8>

    /// 8K (7680 × 4320) with room to spare.
    static let mostPixels = 67_108_864

    /// - Parameter maxPixels: larger pictures are refused before memory is allocated for them.
    /// - Throws: ``StoreError`` when out of memory.
    package init(maxPixels: Int = mostPixels) throws {
        guard let decoder = avprep_jpeg_create() else {
            throw StoreError(.picture, "cannot set up the JPEG decoder: out of memory")
        }
        self.decoder = decoder
        self.maxPixels = maxPixels
        buffer = UnsafeMutableBufferPointer(start: nil, count: 0)
    }

    deinit {
        avprep_jpeg_destroy(decoder)
        buffer.deallocate()
    }

    /// Reads a picture's size and channels.
    package func readHeader(_ bytes: UnsafeRawBufferPointer) throws -> Header {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { throw error("it has no bytes") }
        let status = avprep_jpeg_read_header(decoder, start.assumingMemoryBound(to: UInt8.self), bytes.count)
        guard status == 0 else { throw libraryError() }
        let info = decoder.pointee.info
        let header = Header(
            width: Int(info.image_width), height: Int(info.image_height), channels: Int(info.num_components))
        guard header.width > 0, header.height > 0, header.width * header.height <= maxPixels else {
            throw error("it claims \(header.width) × \(header.height) pixels, the limit is \(maxPixels)")
        }
        guard header.channels == 1 || header.channels == 3 else { throw error("it has \(header.channels) channels") }
        return header
    }

    /// Decodes a picture into a new buffer of its size.
    package func decode(_ bytes: UnsafeRawBufferPointer) throws -> PixelBuffer {
        let header = try readHeader(bytes)
        let image = PixelBuffer(width: header.width, height: header.height, channels: header.channels)
        try decodeRead(header, into: image.pixels, channels: image.channels)
        return image
    }

    /// Decodes a picture that must have the size and channels of `image`.
    package func decode(_ bytes: UnsafeRawBufferPointer, into image: PixelBuffer) throws {
        let header = try readHeader(bytes)
        guard header == Header(width: image.width, height: image.height, channels: image.channels) else {
            throw error(
                "it is \(header.width) × \(header.height) × \(header.channels), "
                    + "not \(image.width) × \(image.height) × \(image.channels)")
        }
        try decodeRead(header, into: image.pixels, channels: image.channels)
    }

    /// Decodes only a region, at the smallest scale of ``scales`` that leaves at least `outputWidth` × `outputHeight`
    /// pixels in the region (at full size if the region has fewer).
    ///
    /// - Parameter region: must lie inside the picture, whose size is that of its segment.
    package func decode(
        _ bytes: UnsafeRawBufferPointer, region: Region, outputWidth: Int, outputHeight: Int
    ) throws -> DecodedRegion {
        precondition(outputWidth > 0 && outputHeight > 0, "an output without pixels")
        let header = try readHeader(bytes)
        guard region.x >= 0, region.y >= 0, region.width > 0, region.height > 0,
            region.width <= header.width - region.x, region.height <= header.height - region.y
        else {
            throw error(
                "it is \(header.width) × \(header.height), but \(region.width) × \(region.height) from "
                    + "(\(region.x), \(region.y)) are needed")
        }
        let eighths = Self.scale(for: region, outputWidth: outputWidth, outputHeight: outputHeight)
        let columns = Self.span(region.x, region.width, of: header.width, eighths)
        let rows = Self.span(region.y, region.height, of: header.height, eighths)
        let count = columns.count * rows.count * header.channels
        if buffer.count < count {
            buffer.deallocate()
            buffer = .allocate(capacity: count)
        }
        let status = avprep_jpeg_decode(
            decoder, Int32(eighths), Int32(header.channels), UInt32(columns.first), UInt32(rows.first),
            UInt32(columns.count), UInt32(rows.count), buffer.baseAddress)
        guard status == 0 else { throw libraryError() }
        return DecodedRegion(
            pixels: UnsafeBufferPointer(rebasing: buffer[..<count]), width: columns.count, height: rows.count,
            channels: header.channels, x: columns.start, y: rows.start, regionWidth: columns.extent,
            regionHeight: rows.extent, eighths: eighths)
    }

    /// Scales in use, in eighths: those whose inverse transforms have vector code in libjpeg-turbo.
    package static let scales = [1, 2, 4, 8]

    /// The smallest scale that leaves enough pixels, in eighths.
    package static func scale(for region: Region, outputWidth: Int, outputHeight: Int) -> Int {
        scales.first { region.width * $0 >= outputWidth * 8 && region.height * $0 >= outputHeight * 8 } ?? 8
    }

    /// An interval of the full-size picture after scaling: the index of the first pixel that it touches, the number of
    /// these pixels, its start within the first one, and its length.
    private static func span(_ first: Int, _ count: Int, of size: Int, _ eighths: Int) -> (
        first: Int, count: Int, start: Double, extent: Double
    ) {
        let low = first * eighths / 8
        // libjpeg's scaled size is size · eighths / 8, rounded up; no interval inside the picture exceeds it.
        let high = (min(first + count, size) * eighths + 7) / 8
        return (low, high - low, Double(first * eighths) / 8 - Double(low), Double(count * eighths) / 8)
    }

    private func decodeRead(_ header: Header, into pixels: UnsafeMutableBufferPointer<UInt8>, channels: Int) throws {
        let status = avprep_jpeg_decode(
            decoder, 8, Int32(channels), 0, 0, UInt32(header.width), UInt32(header.height), pixels.baseAddress)
        guard status == 0 else { throw libraryError() }
    }

    private func libraryError() -> StoreError { error(String(cString: avprep_jpeg_message(decoder))) }

    private func error(_ reason: String) -> StoreError {
        StoreError(.picture, "cannot decode a JPEG picture: \(reason); make the file again")
    }
}
