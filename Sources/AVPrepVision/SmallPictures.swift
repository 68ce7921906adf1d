package import AVPrepModel

/// Scales grey pictures to small ones, whose pixels a detector compares instead of the whole. Its buffer is reused.
package final class SmallPictures {
    private let shorterSide: Int
    private let longestSide: Int
    private var small: PixelBuffer?
    private let scaler = AreaScaler()

    /// - Parameters:
    ///   - shorterSide: of the small pictures, in pixels; smaller pictures stay as they are.
    ///   - longestSide: their longest side: a strip that would be longer is scaled further.
    init(shorterSide: Int, longestSide: Int) {
        self.shorterSide = shorterSide
        self.longestSide = longestSide
    }

    /// Width of the last small picture; 0 before the first.
    package var width: Int { small?.width ?? 0 }

    /// - Parameter grey: one channel; not retained.
    package func make(of grey: PixelBuffer) throws(VisionError) -> [UInt8] {
        precondition(grey.channels == 1, "small pictures are made of grey ones")
        let scale = min(
            1, Double(shorterSide) / Double(min(grey.width, grey.height)),
            Double(longestSide) / Double(max(grey.width, grey.height)))
        let width = max(1, Int((Double(grey.width) * scale).rounded()))
        let height = max(1, Int((Double(grey.height) * scale).rounded()))
        let small: PixelBuffer
        if let kept = self.small, kept.width == width, kept.height == height {
            small = kept
        } else {
            small = PixelBuffer(width: width, height: height, channels: 1)
            self.small = small
        }
        try scaler.scale(grey, into: small)
        return Array(small.pixels)
    }
}
