/// Dense optical flow: the displacement of each pixel from one picture to another. Reusable.
///
/// Layout `[y, x, (dx, dy)]`, row-major, without row padding; `Float`, in pixels, x to the right and y down. One thread
/// at a time, like ``AVPrepModel/PixelBuffer``.
package final class FlowField: @unchecked Sendable {
    // Sendable under PixelBuffer's rule: the field moves between stages and never has two writers.
    package let width: Int
    package let height: Int
    package let vectors: UnsafeMutableBufferPointer<Float>

    /// A field of zeros. `width` and `height` in pixels, > 0.
    package init(width: Int, height: Int) {
        precondition(width > 0 && height > 0, "invalid flow field size \(width) × \(height)")
        self.width = width
        self.height = height
        vectors = .allocate(capacity: width * height * 2)
        vectors.initialize(repeating: 0)
    }

    deinit { vectors.deallocate() }
}
