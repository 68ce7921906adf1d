import AVPrepCore

/// Which square of a clip's pictures the network sees, the same for all its frames.
struct AugmentedCrop: Equatable {
    /// Left and top edge of the square in stored pixels.
    var x: Int
    var y: Int
    /// Side of the square in stored pixels.
    var side: Int
    /// Whether the square is mirrored left to right.
    var isFlipped: Bool

    /// A crop for training: its side a random share of the shorter side, its place and its mirroring random.
    ///
    /// - Parameters:
    ///   - scale: the range of that share, within (0, 1].
    ///   - random: the clip's own stream, so that neither threads nor batches decide.
    static func random(
        width: Int, height: Int, scale: ClosedRange<Double>, mayFlip: Bool, using random: inout SeededRandom
    ) -> AugmentedCrop {
        let side = side(width: width, height: height, share: random.uniform(scale))
        let x = random.below(width - side + 1)
        let y = random.below(height - side + 1)
        let flips = random.next() >> 63 == 1
        return AugmentedCrop(x: x, y: y, side: side, isFlipped: mayFlip && flips)
    }

    /// The crop for evaluation: the middle of the picture at the mean scale of training, so that things look as large
    /// as they did there (at [0.75, 1] the 0.875 of torchvision's 112 of 128).
    static func center(width: Int, height: Int, scale: ClosedRange<Double>) -> AugmentedCrop {
        let side = side(width: width, height: height, share: (scale.lowerBound + scale.upperBound) / 2)
        return AugmentedCrop(x: (width - side) / 2, y: (height - side) / 2, side: side, isFlipped: false)
    }

    private static func side(width: Int, height: Int, share: Double) -> Int {
        let shorter = min(width, height)
        return min(shorter, max(1, Int((share * Double(shorter)).rounded())))
    }
}
