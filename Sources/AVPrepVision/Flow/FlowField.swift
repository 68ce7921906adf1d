/// Dense optical flow: how far each pixel moves from one picture to another. Made once, filled again and again.
///
/// Layout `[y, x, (dx, dy)]`, row-major, tight; `Float`, in pixels, x to the right and y down. Belongs to one thread at
/// a time, like ``AVPrepCore/PixelBuffer``.
package final class FlowField: @unchecked Sendable {
    // Sendable under PixelBuffer's rule: the field moves between stages, it is never written by two.
    package let width: Int
    package let height: Int
    package let vectors: UnsafeMutableBufferPointer<Float>

    /// A field of zeros. `width` and `height` in pixels, > 0.
    package init(width: Int, height: Int) {
        precondition(width > 0 && height > 0, "a flow field of \(width) × \(height)")
        self.width = width
        self.height = height
        vectors = .allocate(capacity: width * height * 2)
        vectors.initialize(repeating: 0)
    }

    deinit { vectors.deallocate() }
}
