import AVPrepTorch

/// How the blocks of a video trunk treat space and time (Tran et al., "A Closer Look at Spatiotemporal Convolutions",
/// CVPR 2018, arXiv 1711.11248).
enum ConvolutionKind {
    /// 3 × 3 × 3.
    case whole
    /// 1 × 3 × 3: each frame by itself.
    case spatial
    /// 1 × 3 × 3, normalised and rectified, then 3 × 1 × 1, with as many channels between as give about as many
    /// parameters as the whole convolution has.
    case factored

    /// Strides over time and space of a layer that halves the picture: only what looks along time is sampled down there.
    func stride(_ stride: Int) -> [Int] { self == .spatial ? [1, stride, stride] : [stride, stride, stride] }
}

/// A convolution of a block with its batch normalisation, under torchvision's names: `0.weight` and `1.…`, or for a
/// factored one `0.0`, `0.1`, `0.3` and `1`.
struct SpatiotemporalConvolution {
    private let first: Convolution
    /// What follows the first of two factors: its normalisation, and the second factor.
    private let second: (norm: BatchNorm, convolution: Convolution)?
    private let norm: BatchNorm

    /// - Parameters:
    ///   - stride: over space, and over time where the kind looks along it.
    ///   - between: channels between the factors.
    init(
        _ path: ParameterPath, _ kind: ConvolutionKind, from input: Int, to output: Int, stride: Int, between: Int
    ) throws {
        switch kind {
        case .whole, .spatial:
            let times = kind == .whole ? 3 : 1
            first = try Convolution(
                path / "0", from: input, to: output, kernel: [times, 3, 3], stride: kind.stride(stride),
                padding: [times / 2, 1, 1])
            second = nil
        case .factored:
            first = try Convolution(
                path / "0" / "0", from: input, to: between, kernel: [1, 3, 3], stride: [1, stride, stride],
                padding: [0, 1, 1])
            second = (
                try BatchNorm(path / "0" / "1", channels: between),
                try Convolution(
                    path / "0" / "3", from: between, to: output, kernel: [3, 1, 1], stride: [stride, 1, 1],
                    padding: [1, 0, 0])
            )
        }
        norm = try BatchNorm(path / "1", channels: output)
    }

    /// Channels between the factors of a block from `input` to `output`, for both of its convolutions.
    static func channelsBetween(_ input: Int, _ output: Int) -> Int {
        input * output * 27 / (input * 9 + 3 * output)
    }

    /// `[N, in, T, H, W]` → `[N, out, T', H/stride, W/stride]`.
    func callAsFunction(_ input: Tensor, training: Bool) throws -> Tensor {
        var output = try first(input)
        if let second { output = try second.convolution(try second.norm(output, training: training).reluInPlace()) }
        return try norm(output, training: training)
    }
}

/// Two convolutions and a way around them (He et al., arXiv 1512.03385).
struct ResidualBlock {
    private let first: SpatiotemporalConvolution
    private let second: SpatiotemporalConvolution
    /// The way around where the shape changes.
    private let downsample: NormalizedConvolution?
    private let isResidual: Bool

    /// - Parameters:
    ///   - stride: of the first convolution.
    ///   - isResidual: whether there is a way around.
    init(
        _ path: ParameterPath, _ kind: ConvolutionKind, from input: Int, to output: Int, stride: Int, isResidual: Bool
    ) throws {
        let between = SpatiotemporalConvolution.channelsBetween(input, output)
        first = try SpatiotemporalConvolution(
            path / "conv1", kind, from: input, to: output, stride: stride, between: between)
        second = try SpatiotemporalConvolution(
            path / "conv2", kind, from: output, to: output, stride: 1, between: between)
        downsample =
            isResidual && stride != 1
            ? try NormalizedConvolution(
                path / "downsample", from: input, to: output, kernel: [1, 1, 1], stride: kind.stride(stride),
                padding: [0, 0, 0])
            : nil
        self.isResidual = isResidual
    }

    /// `[N, in, T, H, W]` → `[N, out, T', H/stride, W/stride]`.
    func callAsFunction(_ input: Tensor, training: Bool) throws -> Tensor {
        let inner = try first(input, training: training).reluInPlace()
        let output = try second(inner, training: training)
        guard isResidual else { return try output.reluInPlace() }
        let around = try downsample?(input, training: training) ?? input
        return try output.addedInPlace(around).reluInPlace()
    }
}
