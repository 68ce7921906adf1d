package import AVPrepModel

/// Encodes pictures with any of the codecs. One per worker.
package final class PictureEncoder {
    private enum Method {
        case jpeg(JPEGEncoder)
        case png(PNGCodec)
        case raw
    }

    private let method: Method

    /// - Parameter quality: 1…100, for `jpeg` only.
    /// - Throws: ``StoreError`` when out of memory.
    package init(_ codec: StoreLayout.PictureCodec, quality: Int) throws {
        method =
            switch codec {
            case .jpeg: .jpeg(try JPEGEncoder(quality: quality))
            case .png: .png(PNGCodec())
            case .raw: .raw
            }
    }

    /// Passes the encoded picture, of 1 or 3 channels, to `body`, valid during the call.
    package func withEncoded<Result>(_ image: PixelBuffer, _ body: (UnsafeRawBufferPointer) throws -> Result) throws
        -> Result
    {
        switch method {
        case .jpeg(let encoder): try encoder.withEncoded(image, body)
        case .png(let codec): try codec.withEncoded(image, body)
        case .raw: try body(UnsafeRawBufferPointer(image.pixels))
        }
    }
}

/// Decodes whole pictures with any of the codecs. One per thread.
package final class PictureDecoder {
    private enum Method {
        case jpeg(JPEGDecoder)
        case png(PNGCodec)
        case raw
    }

    private let method: Method

    /// - Throws: ``StoreError`` when out of memory.
    package init(_ codec: StoreLayout.PictureCodec) throws {
        method =
            switch codec {
            case .jpeg: .jpeg(try JPEGDecoder())
            case .png: .png(PNGCodec())
            case .raw: .raw
            }
    }

    /// Fills `image` from a stored picture of exactly its size and channels.
    ///
    /// - Throws: ``StoreError`` with code `picture` when the bytes are not such a picture.
    package func decode(_ bytes: UnsafeRawBufferPointer, into image: PixelBuffer) throws {
        switch method {
        case .jpeg(let decoder): try decoder.decode(bytes, into: image)
        case .png(let codec): try codec.decode(bytes, into: image)
        case .raw:
            guard bytes.count == image.pixels.count else {
                throw StoreError(
                    .picture,
                    "a raw picture has \(bytes.count) bytes, not \(image.pixels.count); make the file again")
            }
            UnsafeMutableRawBufferPointer(image.pixels).copyMemory(from: bytes)
        }
    }
}

extension StoreLayout.PictureCodec {
    /// The longest side of a picture in pixels: JPEG_MAX_DIMENSION of libjpeg-turbo, and libpng's PNG_USER_WIDTH_MAX and
    /// PNG_USER_HEIGHT_MAX; nil for none.
    package var largestSide: Int? {
        switch self {
        case .jpeg: 65_500
        case .png: 1_000_000
        case .raw: nil
        }
    }

    /// The largest picture that is read back, in pixels; nil for none.
    package var mostPixels: Int? { self == .jpeg ? JPEGDecoder.mostPixels : nil }
}
