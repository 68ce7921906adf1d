/// A convolution; without bias where batch normalisation follows, which has one.
package struct Convolution {
    /// `[out, in, kernel…]`.
    package let weight: Tensor
    /// `[out]`, begins with 0.
    private let bias: Tensor?
    private let stride: [Int]
    private let padding: [Int]

    /// - Parameters:
    ///   - kernel: sizes along [H, W] or [T, H, W], as are `stride` and `padding`.
    ///   - path: the path of `weight`, and of `bias` where it has one.
    package init(
        _ path: ParameterPath, from input: Int, to output: Int, kernel: [Int], stride: [Int], padding: [Int],
        hasBias: Bool = false
    ) throws {
        let shape = [output, input] + kernel
        weight = try path.parameter("weight", shape: shape, .kaiming(weightShape: shape))
        bias = hasBias ? try path.parameter("bias", shape: [output], .constant(0)) : nil
        self.stride = stride
        self.padding = padding
    }

    /// `[N, in, …]` → `[N, out, …]`.
    package func callAsFunction(_ input: Tensor) throws -> Tensor {
        try input.convolved(with: weight, bias: bias, stride: stride, padding: padding)
    }
}

/// The transpose of a convolution.
package struct TransposedConvolution {
    /// `[in, out, kernel…]`.
    package let weight: Tensor
    private let bias: Tensor?
    private let stride: [Int]
    private let padding: [Int]

    /// - Parameters: as of ``Convolution``.
    package init(
        _ path: ParameterPath, from input: Int, to output: Int, kernel: [Int], stride: [Int], padding: [Int],
        hasBias: Bool = false
    ) throws {
        // He's, by what reaches an output: of each input so many taps as strides leave.
        let taps = zip(kernel, stride).reduce(1) { $0 * max(1, $1.0 / $1.1) }
        weight = try path.parameter(
            "weight", shape: [input, output] + kernel,
            .normal(deviation: (2 / Double(input * taps)).squareRoot()))
        bias = hasBias ? try path.parameter("bias", shape: [output], .constant(0)) : nil
        self.stride = stride
        self.padding = padding
    }

    /// `[N, in, …]` → `[N, out, …]`.
    package func callAsFunction(_ input: Tensor) throws -> Tensor {
        try input.transposedConvolved(with: weight, bias: bias, stride: stride, padding: padding)
    }
}

/// Batch normalisation.
package struct BatchNorm {
    private let weight: Tensor
    private let bias: Tensor
    private let runningMean: Tensor
    private let runningVariance: Tensor
    /// How many batches it was trained on: `int64`, no dimensions.
    package let batches: Tensor
    private let epsilon: Double
    private let momentum: Double
    private let renormalization: BatchRenormalization?

    /// - Parameters:
    ///   - path: the path of `weight`, `bias`, `running_mean`, `running_var` and `num_batches_tracked`.
    ///   - epsilon: added to the variance; 1e-5 is torch's.
    ///   - momentum: the share of a batch in the running statistics; 0.1 is torch's.
    ///   - learnsScale: without, `weight` is stored, and stays 1.
    ///   - isRenormalized: whether a batch is normalised, in training, with what is known of the ones before
    ///     (``BatchRenormalization``).
    package init(
        _ path: ParameterPath, channels: Int, epsilon: Double = 1e-5, momentum: Double = 0.1, learnsScale: Bool = true,
        isRenormalized: Bool = false
    ) throws {
        self.epsilon = epsilon
        self.momentum = momentum
        let zeros = [Float](repeating: 0, count: channels)
        let ones = [Float](repeating: 1, count: channels)
        weight =
            learnsScale
            ? try path.parameter("weight", shape: [channels], .constant(1))
            : try path.buffer("weight", HostTensor(ones, shape: [channels]))
        bias = try path.parameter("bias", shape: [channels], .constant(0))
        renormalization = isRenormalized ? try BatchRenormalization(path, channels: channels) : nil
        runningMean = try path.buffer("running_mean", HostTensor(zeros, shape: [channels]))
        runningVariance = try path.buffer("running_var", HostTensor(ones, shape: [channels]))
        batches = try path.buffer("num_batches_tracked", HostTensor(integers: [0], shape: []))
    }

    /// `[N, channels, …]` → the same shape. A layer that is not learnt normalises with what it knows, in training too, and
    /// its statistics stay.
    package func callAsFunction(_ input: Tensor, training: Bool) throws -> Tensor {
        let learns = training && bias.requiresGradient
        var (scale, shift) = (weight, bias)
        if learns, let correction = try renormalization?.correction(of: input, epsilon: epsilon) {
            scale = try correction.scale * weight
            shift = try correction.shift * weight + bias
        }
        return try input.batchNormalized(
            weight: scale, bias: shift, runningMean: runningMean, runningVariance: runningVariance, batches: batches,
            training: learns, momentum: momentum, epsilon: epsilon)
    }
}

/// A convolution with its batch normalisation, named `0` and `1` as in a torch sequence.
package struct NormalizedConvolution {
    private let convolution: Convolution
    private let norm: BatchNorm

    package init(_ path: ParameterPath, from input: Int, to output: Int, kernel: [Int], stride: [Int], padding: [Int])
        throws
    {
        convolution = try Convolution(
            path / "0", from: input, to: output, kernel: kernel, stride: stride, padding: padding)
        norm = try BatchNorm(path / "1", channels: output)
    }

    /// `[N, in, …]` → `[N, out, …]`.
    package func callAsFunction(_ input: Tensor, training: Bool) throws -> Tensor {
        try norm(try convolution(input), training: training)
    }
}

/// A fully connected layer.
package struct Linear {
    package let weight: Tensor
    package let bias: Tensor

    /// - Parameters:
    ///   - path: the path of `weight` `[out, in]` and `bias` `[out]`.
    ///   - deviation: of the normal distribution of the first weights; 0.01 is that of torchvision's video networks. The
    ///     bias begins with 0.
    package init(_ path: ParameterPath, from input: Int, to output: Int, deviation: Double = 0.01) throws {
        weight = try path.parameter("weight", shape: [output, input], .normal(deviation: deviation))
        bias = try path.parameter("bias", shape: [output], .constant(0))
    }

    /// `[N, in]` → `[N, out]`.
    package func callAsFunction(_ input: Tensor) throws -> Tensor { try input.linear(weight: weight, bias: bias) }
}
