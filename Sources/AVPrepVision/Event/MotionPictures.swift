package import AVPrepModel

/// Makes the small pictures in which ``MotionEventDetector`` compares motion. Its buffer is reused.
package final class MotionPictures {
    /// Shorter side of the small pictures: enough for a hand, too few for grain.
    package static let lines = 32
    /// Longest side: a strip that is longer is compared more coarsely.
    package static let mostPixels = 1024

    private var small: PixelBuffer?

    package init() {}

    /// Width of the last small picture; 0 before the first.
    package var width: Int { small?.width ?? 0 }

    /// - Parameter grey: one channel; not retained.
    package func make(of grey: PixelBuffer) throws(VisionError) -> [UInt8] {
        precondition(grey.channels == 1, "motion is compared in grey pictures")
        let scale = min(
            1, Double(Self.lines) / Double(min(grey.width, grey.height)),
            Double(Self.mostPixels) / Double(max(grey.width, grey.height)))
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
