import AVPrepTorch

/// MC3-18, the trunk that sees the picture: a stem and a first layer of 3-D convolutions, three layers of 2-D ones
/// (Tran et al., "A Closer Look at Spatiotemporal Convolutions", CVPR 2018, arXiv 1711.11248). Time is never sampled
/// down. With width 64, residual connections and the averaging head it is torchvision's `mc3_18`, tensor by tensor.
///
/// | part | layers | shape, with W the width and S the picture's side |
/// |---|---|---|
/// | `stem` | 3 × 7 × 7, stride (1, 2, 2) | `[N, W, T, S/2, S/2]` |
/// | `layer1` | 2 blocks of two 3 × 3 × 3 | `[N, W, T, S/2, S/2]` |
/// | `layer2` | 2 blocks of two 1 × 3 × 3, first stride (1, 2, 2) | `[N, 2W, T, S/4, S/4]` |
/// | `layer3` | likewise | `[N, 4W, T, S/8, S/8]` |
/// | `layer4` | likewise | `[N, 8W, T, S/16, S/16]` |
/// | head `average` | mean over time and space, `fc` | `[N, embedding]` |
/// | head `keep-time` | maximum over space, `fc` on 8W · T values, channel by channel | `[N, embedding]` |
///
/// Sizes are rounded up. Each convolution is followed by batch normalisation and a ReLU.
package struct VideoNetwork {
    private let stem: NormalizedConvolution
    private let blocks: [ResidualBlock]
    private let head: TemporalHead

    /// - Parameters:
    ///   - path: where the tensors go; with the store's root they have torchvision's names.
    ///   - frames: T. The keep-time head takes exactly that many.
    init(
        _ path: ParameterPath, settings: VideoNetworkSettings, head: ModelSettings.TemporalHead, frames: Int,
        embedding: Int
    ) throws {
        let width = settings.width
        stem = try NormalizedConvolution(
            path / "stem", from: 3, to: width, kernel: [3, 7, 7], stride: [1, 2, 2], padding: [1, 3, 3])
        var blocks: [ResidualBlock] = []
        var channels = width
        for layer in 1...4 {
            let output = width << (layer - 1)
            for number in 0..<2 {
                blocks.append(
                    try ResidualBlock(
                        path / "layer\(layer)" / "\(number)", from: channels, to: output,
                        isTemporal: layer == 1, stride: layer > 1 && number == 0 ? 2 : 1,
                        isResidual: settings.residual))
                channels = output
            }
        }
        self.blocks = blocks
        self.head = try TemporalHead(
            path / "fc", head, channels: channels, times: frames, embedding: embedding, space: 2)
    }

    /// What the last layer of convolutions makes of pictures.
    ///
    /// - Parameter clips: RGB, normalised, `[N, 3, T, S, S]`.
    /// - Returns: `[N, 8W, T, S/16, S/16]`.
    func features(_ clips: Tensor, training: Bool) throws -> Tensor {
        // Convolutions on a CPU are 1.6 times faster with the channels of a pixel side by side, forward and backward.
        let clips = clips.engine.isCUDA ? clips : try clips.ordered(.channelsLast3D)
        var features = try stem(clips, training: training).relu()
        for block in blocks { features = try block(features, training: training) }
        return features
    }

    /// Embeddings of clips `[N, 3, T, S, S]`: `[N, embedding]`, of any length.
    func callAsFunction(_ clips: Tensor, training: Bool) throws -> Tensor {
        try head(try features(clips, training: training))
    }
}

/// Two convolutions and a way around them (He et al., arXiv 1512.03385).
private struct ResidualBlock {
    private let first: NormalizedConvolution
    private let second: NormalizedConvolution
    /// The way around where the shape changes.
    private let downsample: NormalizedConvolution?
    private let isResidual: Bool

    /// - Parameters:
    ///   - isTemporal: 3 × 3 × 3 kernels; else 1 × 3 × 3.
    ///   - stride: of the first convolution, over space.
    ///   - isResidual: whether there is a way around.
    init(
        _ path: ParameterPath, from input: Int, to output: Int, isTemporal: Bool, stride: Int, isResidual: Bool
    ) throws {
        let kernel = [isTemporal ? 3 : 1, 3, 3]
        let padding = [isTemporal ? 1 : 0, 1, 1]
        first = try NormalizedConvolution(
            path / "conv1", from: input, to: output, kernel: kernel, stride: [1, stride, stride], padding: padding)
        second = try NormalizedConvolution(
            path / "conv2", from: output, to: output, kernel: kernel, stride: [1, 1, 1], padding: padding)
        downsample =
            isResidual && stride != 1
            ? try NormalizedConvolution(
                path / "downsample", from: input, to: output, kernel: [1, 1, 1], stride: [1, stride, stride],
                padding: [0, 0, 0])
            : nil
        self.isResidual = isResidual
    }

    /// `[N, in, T, H, W]` → `[N, out, T, H/stride, W/stride]`.
    func callAsFunction(_ input: Tensor, training: Bool) throws -> Tensor {
        let inner = try first(input, training: training).relu()
        let output = try second(inner, training: training)
        guard isResidual else { return try output.relu() }
        let around = try downsample?(input, training: training) ?? input
        return try (output + around).relu()
    }
}
