package import AVPrepModel
import CKernels

/// Scales pictures of one shape after the other to smaller ones by averaging areas: the bits of ``Grey/scale(_:into:)`` in a
/// fifth of its time, with tables that are made once a shape. One thread at a time.
package final class AreaScaler: @unchecked Sendable {
    // Sendable under PixelBuffer's rule: it moves with its owner and never has two users.
    private struct Shape: Equatable {
        let width: Int
        let height: Int
        let channels: Int
        let newWidth: Int
        let newHeight: Int

        /// Whether the kernel serves it: not where OpenCV counts whole pixels on both sides, which it does otherwise, and sooner.
        var isServed: Bool {
            let isWhole = width % newWidth == 0 && height % newHeight == 0
            return newWidth <= width && newHeight <= height && !isWhole && (channels == 1 || channels == 3)
                && width * channels >= 8
        }
    }

    private var shape: Shape?
    private var area: OpaquePointer?

    package init() {}

    deinit { ckernels_area_destroy(area) }

    /// Fills `small` with `image` scaled to its size. Same number of channels.
    package func scale(_ image: PixelBuffer, into small: PixelBuffer) throws(VisionError) {
        precondition(image.channels == small.channels, "scaling keeps the number of channels")
        let wanted = Shape(
            width: image.width, height: image.height, channels: image.channels, newWidth: small.width,
            newHeight: small.height)
        if shape != wanted {
            ckernels_area_destroy(area)
            area =
                wanted.isServed
                ? ckernels_area_create(
                    Int32(image.width), Int32(image.height), Int32(image.channels), Int32(small.width),
                    Int32(small.height)) : nil
            shape = wanted
        }
        guard let area else { return try Grey.scale(image, into: small) }
        ckernels_area_scale(area, image.pixels.baseAddress, small.pixels.baseAddress)
    }
}
