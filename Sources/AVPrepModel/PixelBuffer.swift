/// An 8-bit picture in a buffer that is allocated once and refilled.
///
/// Layout `[y, x, channel]`, row-major, without row padding; `UInt8`, full range. One channel is grey (luma), three are
/// RGB. A picture belongs to one thread at a time: the producer fills it and hands it on, and it is read-only after
/// that.
package final class PixelBuffer: @unchecked Sendable {
    // Sendable under the rule above: buffers move between stages and never have two writers.
    package let width: Int
    package let height: Int
    package let channels: Int
    package let pixels: UnsafeMutableBufferPointer<UInt8>
    /// Owner of memory that is not the picture's own; nil when the picture owns its memory.
    private let owner: AnyObject?

    /// - Parameters:
    ///   - width: pixels per row, > 0.
    ///   - height: rows, > 0.
    ///   - channels: 1 (grey), 2 (flow x, y) or 3 (RGB).
    package init(width: Int, height: Int, channels: Int) {
        precondition(width > 0 && height > 0 && channels > 0, "invalid picture size \(width) × \(height) × \(channels)")
        self.width = width
        self.height = height
        self.channels = channels
        pixels = .allocate(capacity: width * height * channels)
        pixels.initialize(repeating: 0)
        owner = nil
    }

    /// A picture in memory with another owner, such as memory shared with another process.
    ///
    /// - Parameters:
    ///   - memory: at least `width × height × channels` bytes, initialized.
    ///   - owner: retained for the lifetime of this picture; `memory` stays valid at least as long as it lives. Code
    ///     that reuses the memory after that says so where it hands out the picture.
    package init(
        width: Int, height: Int, channels: Int, lentBy owner: AnyObject, memory: UnsafeMutableBufferPointer<UInt8>
    ) {
        precondition(width > 0 && height > 0 && channels > 0, "invalid picture size \(width) × \(height) × \(channels)")
        precondition(memory.count >= width * height * channels, "the picture is larger than its memory")
        self.width = width
        self.height = height
        self.channels = channels
        pixels = UnsafeMutableBufferPointer(rebasing: memory[..<(width * height * channels)])
        self.owner = owner
    }

    deinit {
        if owner == nil { pixels.deallocate() }
    }

    /// Bytes per row.
    package var rowBytes: Int { width * channels }

    /// Whether `other` has the same shape.
    package func hasShape(of other: PixelBuffer) -> Bool {
        width == other.width && height == other.height && channels == other.channels
    }

    /// Copies the pixels of another picture of the same shape.
    package func copyPixels(from other: PixelBuffer) {
        precondition(hasShape(of: other), "cannot copy between pictures of different shapes")
        _ = pixels.update(fromContentsOf: other.pixels)
    }
}
