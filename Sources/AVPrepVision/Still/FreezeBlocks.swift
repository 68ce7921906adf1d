package import AVPrepModel

/// Makes the small pictures whose pixels are the blocks that ``FreezeDetector`` compares. Its buffer is reused.
package final class FreezeBlocks {
    private var small: PixelBuffer?

    package init() {}

    /// - Parameter grey: one channel; not retained.
    package func make(of grey: PixelBuffer) throws(VisionError) -> [UInt8] {
        precondition(grey.channels == 1, "freeze detection needs grey pictures")
        let scale = min(
            1, Double(FreezeDetector.blockLines) / Double(min(grey.width, grey.height)),
            Double(FreezeDetector.mostBlocks) / Double(max(grey.width, grey.height)))
        let width = max(1, Int((Double(grey.width) * scale).rounded()))
        let height = max(1, Int((Double(grey.height) * scale).rounded()))
        let small: PixelBuffer
        if let kept = self.small, kept.width == width, kept.height == height {
            small = kept
        } else {
            small = PixelBuffer(width: width, height: height, channels: 1)
            self.small = small
        }
        try Grey.scale(grey, into: small)
        return Array(small.pixels)
    }
}
