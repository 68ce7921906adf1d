package import AVPrepModel
import CPNG

/// Encodes and decodes pictures as PNG, without loss. One per worker: its buffer is reused for each picture.
///
/// The same pixels give the same bytes with the same zlib. Input is untrusted: any fault of it is an error.
package final class PNGCodec {
    // Owned, and freed in deinit; allocated because C functions keep its address while they run.
    private let png: UnsafeMutablePointer<avprep_png>

    package init() {
        png = .allocate(capacity: 1)
        png.initialize(to: avprep_png())
    }

    deinit {
        free(png.pointee.bytes)
        png.deallocate()
    }

    /// Passes the encoded picture to `body`, valid during the call.
    ///
    /// - Parameter image: a picture of 1 (grey, flow) or 3 (RGB) channels.
    /// - Throws: ``StoreError`` with code `picture` and libpng's message.
    package func withEncoded<Result>(_ image: PixelBuffer, _ body: (UnsafeRawBufferPointer) throws -> Result) throws
        -> Result
    {
        precondition(image.channels == 1 || image.channels == 3, "a PNG of \(image.channels) channels")
        let status = avprep_png_encode(
            png, image.pixels.baseAddress, UInt32(image.width), UInt32(image.height), Int32(image.channels))
        guard status == 0 else {
            throw StoreError(.picture, "cannot encode a picture of \(image.width) × \(image.height) as PNG: \(message)")
        }
        return try body(UnsafeRawBufferPointer(start: png.pointee.bytes, count: png.pointee.count))
    }

    /// Fills `image` from a picture of exactly its size and channels, 1 or 3.
    ///
    /// - Throws: ``StoreError`` with code `picture` and libpng's message; the pixels are then undefined.
    package func decode(_ bytes: UnsafeRawBufferPointer, into image: PixelBuffer) throws {
        precondition(image.channels == 1 || image.channels == 3, "a PNG of \(image.channels) channels")
        let status = avprep_png_decode(
            png, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, UInt32(image.width), UInt32(image.height),
            Int32(image.channels), image.pixels.baseAddress)
        guard status == 0 else {
            throw StoreError(
                .picture,
                "cannot decode a PNG picture of \(image.width) × \(image.height) × \(image.channels): \(message); "
                    + "make the file again")
        }
    }

    private var message: String {
        withUnsafeBytes(of: png.pointee.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
