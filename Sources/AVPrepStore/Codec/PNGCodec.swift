package import AVPrepModel
import CPNG

/// Encodes pictures as PNG, and decodes them: every pixel comes back. One a worker: its buffer is used again for each.
///
/// The same pixels give the same bytes under the same zlib. Bytes to decode may come from anywhere: whatever is wrong
/// with them is an error.
package final class PNGCodec {
    // Owned, freed in deinit; on the heap because C functions keep its address while they run.
    private let png: UnsafeMutablePointer<avprep_png>

    package init() {
        png = .allocate(capacity: 1)
        png.initialize(to: avprep_png())
    }

    deinit {
        free(png.pointee.bytes)
        png.deallocate()
    }

    /// Gives `body` the encoded picture, valid during the call.
    ///
    /// - Parameter image: of 1 (grey, flow) or 3 (RGB) channels.
    /// - Throws: ``StoreError`` with `picture`, in libpng's words.
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
    /// - Throws: ``StoreError`` with `picture`, in libpng's words; the pixels are undefined then.
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
