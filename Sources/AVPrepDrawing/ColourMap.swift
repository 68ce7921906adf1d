/// A perceptually uniform scale of colours: equal steps of a value look like equal steps.
package enum ColourMap: Sendable, CaseIterable {
    /// Black over purple and orange to pale yellow: for spectrograms on a dark background.
    case magma
    /// Dark blue over green to yellow.
    case viridis

    /// The colour of a value in `[0, 1]`; values outside and NaN are clamped.
    package func colour(_ value: Double) -> Colour {
        let anchors = anchors
        let place = (value > 0 ? min(1, value) : 0) * Double(anchors.count - 1)
        let index = min(anchors.count - 2, Int(place))
        return Colour(anchors[index]).mixed(with: Colour(anchors[index + 1]), place - Double(index))
    }

    /// 256 colours from one end to the other.
    package var table: [Colour] { (0..<256).map { colour(Double($0) / 255) } }

    /// Colours at equal steps, interpolated linearly: samples of the maps that Smith and van der Walt made for
    /// matplotlib (bids.github.io/colormap, CC0). The interpolation stays within 6 of 255 levels of the originals.
    private var anchors: [UInt32] {
        switch self {
        case .magma:
            [
                0x000004, 0x0A0822, 0x1D1147, 0x36106B, 0x51127C, 0x6A1C81, 0x832681, 0x9C2E7F, 0xB73779, 0xCF4070,
                0xE55064, 0xF4695C, 0xFB8761, 0xFEA571, 0xFEC287, 0xFDE0A1, 0xFCFDBF,
            ]
        case .viridis:
            [
                0x440154, 0x48186A, 0x472D7B, 0x424086, 0x3B528B, 0x33638D, 0x2C728E, 0x26828E, 0x21918C, 0x1F9F88,
                0x27AD81, 0x3DBC74, 0x5CC863, 0x81D34D, 0xAADC32, 0xD5E21A, 0xFDE725,
            ]
        }
    }
}
