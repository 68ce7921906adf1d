import AVPrepTorch

/// A stem and four layers of two residual blocks each (Tran et al., "A Closer Look at Spatiotemporal Convolutions",
/// CVPR 2018, arXiv 1711.11248). With width 64, residual connections and the averaging head they are torchvision's
/// `mc3_18`, `r3d_18` and `r2plus1d_18`, tensor by tensor.
///
/// | part | MC3-18 | R3D-18 | R(2+1)D-18 |
/// |---|---|---|---|
/// | `stem` | 3 × 7 × 7 | 3 × 7 × 7 | 1 × 7 × 7, 3 × 1 × 1 |
/// | `layer1` | 3 × 3 × 3 | 3 × 3 × 3 | 1 × 3 × 3, 3 × 1 × 1 |
/// | `layer2` to `layer4` | 1 × 3 × 3 | 3 × 3 × 3 | 1 × 3 × 3, 3 × 1 × 1 |
///
/// With W the width, S the picture's side and T frames:
///
/// | part | stride | shape |
/// |---|---|---|
/// | `stem` | (1, 2, 2) | `[N, W, T, S/2, S/2]` |
/// | `layer1` | 1 | `[N, W, T, S/2, S/2]` |
/// | `layer2` | 2; over time not in MC3 | `[N, 2W, T', S/4, S/4]` |
/// | `layer3` | likewise | `[N, 4W, T', S/8, S/8]` |
/// | `layer4` | likewise | `[N, 8W, T', S/16, S/16]` |
///
/// Sizes are rounded up; T' is T in MC3, and T/2, T/4, T/8 in the others. Each convolution is followed by batch
/// normalisation and a ReLU.
struct ResidualTrunk: FeatureTrunk {
    private let stem: Stem
    private let blocks: [ResidualBlock]
    private let kinds: [ConvolutionKind]
    let channels: Int

    init(_ path: ParameterPath, settings: VideoNetworkSettings) throws {
        let (width, trunk) = (settings.width, settings.trunk)
        stem = try Stem(path / "stem", isFactored: trunk == .r2plus1d, width: width)
        kinds = (1...4).map { trunk.kind(layer: $0) }
        var blocks: [ResidualBlock] = []
        var channels = width
        for (index, kind) in kinds.enumerated() {
            let output = width << index
            for number in 0..<2 {
                blocks.append(
                    try ResidualBlock(
                        path / "layer\(index + 1)" / "\(number)", kind, from: channels, to: output,
                        stride: index > 0 && number == 0 ? 2 : 1, isResidual: settings.residual))
                channels = output
            }
        }
        self.blocks = blocks
        self.channels = channels
    }

    func steps(ofFrames frames: Int) -> Int {
        kinds.dropFirst().reduce(frames) { $1 == .spatial ? $0 : ($0 + 1) / 2 }
    }

    /// RGB `[N, 3, T, S, S]` → `[N, 8W, T', S/16, S/16]`.
    func callAsFunction(_ clips: Tensor, training: Bool, upTo layer: String?) throws -> Tensor {
        var features = try stem(clips, training: training)
        if layer == "stem" { return features }
        for (index, block) in blocks.enumerated() {
            features = try block(features, training: training)
            if index % 2 == 1, layer == "layer\(index / 2 + 1)" { return features }
        }
        return features
    }

    var layers: [String] { ["stem"] + (1...4).map { "layer\($0)" } }
}

extension VideoNetworkSettings.Trunk {
    fileprivate func kind(layer: Int) -> ConvolutionKind {
        switch self {
        case .mc3: layer == 1 ? .whole : .spatial
        case .r3d, .i3d: .whole
        case .r2plus1d: .factored
        }
    }
}

/// The first convolution, or its two factors.
private struct Stem {
    private let first: Convolution
    private let norm: BatchNorm
    private let second: (convolution: Convolution, norm: BatchNorm)?

    init(_ path: ParameterPath, isFactored: Bool, width: Int) throws {
        // torchvision's 45 channels between the factors, at its width of 64.
        let channels = isFactored ? max(1, 45 * width / 64) : width
        first = try Convolution(
            path / "0", from: 3, to: channels, kernel: [isFactored ? 1 : 3, 7, 7], stride: [1, 2, 2],
            padding: [isFactored ? 0 : 1, 3, 3])
        norm = try BatchNorm(path / "1", channels: channels)
        second =
            isFactored
            ? (
                try Convolution(
                    path / "3", from: channels, to: width, kernel: [3, 1, 1], stride: [1, 1, 1], padding: [1, 0, 0]),
                try BatchNorm(path / "4", channels: width)
            ) : nil
    }

    /// `[N, 3, T, S, S]` → `[N, W, T, S/2, S/2]`.
    func callAsFunction(_ clips: Tensor, training: Bool) throws -> Tensor {
        let features = try norm(try first(clips), training: training).reluInPlace()
        guard let second else { return features }
        return try second.norm(try second.convolution(features), training: training).reluInPlace()
    }
}
