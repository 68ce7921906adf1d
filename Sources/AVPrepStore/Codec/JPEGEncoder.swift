package import AVPrepModel
import CTurboJPEG

/// Encodes pictures as baseline JPEG with libjpeg-turbo. One per worker: its buffers are reused for each picture.
///
/// Colour is stored with chroma at half size (4:2:0), single-channel pictures as grey. The same pixels give the same
/// bytes.
package final class JPEGEncoder {
    /// 1…100.
    package let quality: Int
    private let handle: tjhandle
    private var buffer: UnsafeMutablePointer<UInt8>?
    private var capacity: UInt = 0

    /// - Parameter quality: 1…100.
    /// - Throws: ``StoreError`` when out of memory.
    package init(quality: Int = 90) throws {
        precondition((1...100).contains(quality), "a JPEG quality of \(quality)")
        self.quality = quality
        guard let handle = tjInitCompress() else {
            throw StoreError(.picture, "cannot set up the JPEG encoder: \(String(cString: tjGetErrorStr2(nil)))")
        }
        self.handle = handle
    }

    deinit {
        tjDestroy(handle)
        tjFree(buffer)
    }

    /// Encodes a picture of 1 (grey, flow) or 3 (RGB) channels and adds it to `pictures`.
    package func encode(_ image: PixelBuffer, to pictures: inout PictureSequence) throws {
        try withEncoded(image) { pictures.append($0) }
    }

    /// Passes the encoded picture to `body`, valid during the call.
    package func withEncoded<Result>(_ image: PixelBuffer, _ body: (UnsafeRawBufferPointer) throws -> Result) throws
        -> Result
    {
        precondition(image.channels == 1 || image.channels == 3, "a JPEG of \(image.channels) channels")
        let isGrey = image.channels == 1
        let sampling = Int32((isGrey ? TJSAMP_GRAY : TJSAMP_420).rawValue)
        let needed = tjBufSize(Int32(image.width), Int32(image.height), sampling)
        // UInt.max means "too large"; the library's allocation counts in Int32.
        guard needed <= UInt(Int32.max) else {
            throw StoreError(.picture, "cannot encode a picture of \(image.width) × \(image.height) as JPEG")
        }
        if needed > capacity {
            tjFree(buffer)
            buffer = tjAlloc(Int32(needed))
            capacity = buffer == nil ? 0 : needed
        }
        var target = buffer
        var count = capacity
        // The accurate transform uses exact integer arithmetic and gives the same bytes on every processor.
        let status = tjCompress2(
            handle, image.pixels.baseAddress, Int32(image.width), Int32(image.rowBytes), Int32(image.height),
            Int32((isGrey ? TJPF_GRAY : TJPF_RGB).rawValue), &target, &count, sampling, Int32(quality),
            TJFLAG_NOREALLOC | TJFLAG_ACCURATEDCT)
        guard status == 0, let target else {
            throw StoreError(
                .picture,
                "cannot encode a picture of \(image.width) × \(image.height): "
                    + String(cString: tjGetErrorStr2(handle)))
        }
        return try body(UnsafeRawBufferPointer(start: target, count: Int(count)))
    }
}
