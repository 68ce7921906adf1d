import AVPrepTorch

/// The VGG-like trunk of L3-Net, for pictures and for sounds alike (Arandjelović & Zisserman, "Look, Listen and Learn",
/// ICCV 2017, arXiv 1705.08168), and AVTS's "VGG on mel" where `train.model.audio.trunk` says so.
///
/// With W the width (64 in the paper) and a picture of H × B; sizes are rounded down. In L3-Net pictures are 224 × 224 and
/// sounds 257 × 199, here with time first.
///
/// | part | layer | shape | of 224 × 224 | of 199 × 257 | of 100 × 40 |
/// |---|---|---|---|---|---|
/// | `conv1_1`, `conv1_2` | 3 × 3 | `[N, W, H, B]` | 224 × 224 | 199 × 257 | 100 × 40 |
/// | pool | 2 × 2, stride 2 | `[N, W, H/2, B/2]` | 112 × 112 | 99 × 128 | 50 × 20 |
/// | `conv2_1`, `conv2_2` | 3 × 3 | `[N, 2W, H/2, B/2]` | 112 × 112 | 99 × 128 | 50 × 20 |
/// | pool | 2 × 2, stride 2 | `[N, 2W, H/4, B/4]` | 56 × 56 | 49 × 64 | 25 × 10 |
/// | `conv3_1`, `conv3_2` | 3 × 3 | `[N, 4W, H/4, B/4]` | 56 × 56 | 49 × 64 | 25 × 10 |
/// | pool | 2 × 2, stride 2 | `[N, 4W, H/8, B/8]` | 28 × 28 | 24 × 32 | 12 × 5 |
/// | `conv4_1`, `conv4_2` | 3 × 3 | `[N, 8W, H/8, B/8]` | 28 × 28 | 24 × 32 | 12 × 5 |
///
/// Each convolution is padded by 1 and followed by batch normalisation and a ReLU. What comes after depends on the network:
/// L3-Net takes the maximum over everything, AVTS has a ``TemporalHead``. 4,687,296 parameters for pictures, 4,686,144 for
/// sounds.
///
/// Names: `conv1_1.0.weight` is the convolution, `conv1_1.1.weight`, `.bias`, `.running_mean`, `.running_var` and
/// `.num_batches_tracked` its batch normalisation, as of `torch.nn.Sequential(Conv2d(…, bias=False), BatchNorm2d(…))`.
struct VGGTrunk: FeatureTrunk {
    private static let blocks = 4
    /// How much smaller the features are, along each side.
    static let reduction = 1 << (blocks - 1)

    /// Two convolutions a block.
    private let convolutions: [(NormalizedConvolution, NormalizedConvolution)]
    let channels: Int

    /// - Parameter input: channels of what it sees: 3 for pictures, 1 for spectrograms.
    init(_ path: ParameterPath, from input: Int, width: Int) throws {
        var channels = input
        var convolutions: [(NormalizedConvolution, NormalizedConvolution)] = []
        for block in 0..<Self.blocks {
            func layer(_ number: Int, from input: Int) throws -> NormalizedConvolution {
                try NormalizedConvolution(
                    path / "conv\(block + 1)_\(number)", from: input, to: width << block, kernel: [3, 3],
                    stride: [1, 1], padding: [1, 1])
            }
            convolutions.append((try layer(1, from: channels), try layer(2, from: width << block)))
            channels = width << block
        }
        self.convolutions = convolutions
        self.channels = channels
    }

    func steps(ofFrames frames: Int) -> Int { frames / Self.reduction }

    /// The one before the last ReLU is what L3-Net's classifiers of sound are trained on (Arandjelović & Zisserman, ICCV 2017).
    var layers: [String] {
        (1...Self.blocks).flatMap { ["conv\($0)_1", "conv\($0)_2"] }.dropLast() + ["conv4_2.norm", "conv4_2"]
    }

    /// `[N, input, H, B]` → `[N, 8W, H/8, B/8]`.
    func callAsFunction(_ input: Tensor, training: Bool, upTo layer: String?) throws -> Tensor {
        var features = input
        for (block, layers) in convolutions.enumerated() {
            if block > 0 { features = try features.maxPooled(kernel: [2, 2], stride: [2, 2], padding: [0, 0]) }
            features = try layers.0(features, training: training).reluInPlace()
            if layer == "conv\(block + 1)_1" { return features }
            // On a CPU convolutions are faster with the channels side by side; a single channel has no order.
            if block == 0, !features.engine.isCUDA { features = try features.ordered(.channelsLast) }
            let normalised = try layers.1(features, training: training)
            if layer == "conv\(block + 1)_2.norm" { return normalised }
            features = try normalised.reluInPlace()
            if layer == "conv\(block + 1)_2" { return features }
        }
        return features
    }
}
