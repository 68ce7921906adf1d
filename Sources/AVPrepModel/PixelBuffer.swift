/// An 8-bit picture in a buffer that is made once and filled again and again.
///
/// Layout `[y, x, channel]`, row-major, tight rows; `UInt8`, full range. One channel is grey (luma), three are RGB.
/// A picture belongs to one thread at a time: whoever fills it hands it on, and it is read-only after that.
package final class PixelBuffer: @unchecked Sendable {
    // Sendable under the rule above: buffers move between stages, they are never written by two.
    package let width: Int
    package let height: Int
    package let channels: Int
    package let pixels: UnsafeMutableBufferPointer<UInt8>
    /// Keeps memory alive that is not this picture's own; nil for its own.
    private let owner: AnyObject?

    /// - Parameters:
    ///   - width: pixels a row, > 0.
    ///   - height: rows, > 0.
    ///   - channels: 1 (grey), 2 (flow x, y) or 3 (RGB).
    package init(width: Int, height: Int, channels: Int) {
        precondition(width > 0 && height > 0 && channels > 0, "a picture of \(width) × \(height) × \(channels)")
        self.width = width
        self.height = height
        self.channels = channels
        pixels = .allocate(capacity: width * height * channels)
        pixels.initialize(repeating: 0)
        owner = nil
    }

    /// A picture in memory that belongs to somebody else, such as memory shared with another process.
    ///
    /// - Parameters:
    ///   - memory: at least `width × height × channels` bytes, initialized.
    ///   - owner: retained as long as this picture lives; `memory` stays valid at least as long as it does. Who lends
    ///     the memory to others after that says so where the picture is handed out.
    package init(
        width: Int, height: Int, channels: Int, lentBy owner: AnyObject, memory: UnsafeMutableBufferPointer<UInt8>
    ) {
        precondition(width > 0 && height > 0 && channels > 0, "a picture of \(width) × \(height) × \(channels)")
        precondition(memory.count >= width * height * channels, "a picture larger than its memory")
        self.width = width
        self.height = height
        self.channels = channels
        pixels = UnsafeMutableBufferPointer(rebasing: memory[..<(width * height * channels)])
        self.owner = owner
    }

    deinit {
        if owner == nil { pixels.deallocate() }
    }

    /// Bytes a row.
    package var rowBytes: Int { width * channels }

    /// Whether `other` has the same shape.
    package func hasShape(of other: PixelBuffer) -> Bool {
        width == other.width && height == other.height && channels == other.channels
    }

    /// Fills this picture with the pixels of one of the same shape.
    package func copyPixels(from other: PixelBuffer) {
        precondition(hasShape(of: other), "copy between pictures of different shape")
        _ = pixels.update(fromContentsOf: other.pixels)
    }
}
