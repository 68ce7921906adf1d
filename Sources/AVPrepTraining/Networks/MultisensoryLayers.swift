import AVPrepTorch

/// The batch normalisation of Multisensory's network: epsilon 1e-3, no scale learnt, and renormalised where a block ends.
struct MultisensoryNorm {
    /// The share of a batch in the running statistics.
    let momentum: Double
    let renormalizes: Bool

    init(_ settings: MultisensorySettings) {
        momentum = settings.normMomentum
        renormalizes = settings.renorm
    }

    func layer(_ path: ParameterPath, channels: Int, endsBlock: Bool = false) throws -> BatchNorm {
        try BatchNorm(
            path, channels: channels, epsilon: 1e-3, momentum: momentum, learnsScale: false,
            isRenormalized: endsBlock && renormalizes)
    }
}

/// A convolution with its batch normalisation, named `0` and `1`.
struct MultisensoryConvolution {
    let convolution: SameConvolution
    let norm: BatchNorm

    init(
        _ path: ParameterPath, from input: Int, to output: Int, kernel: [Int], stride: [Int], norm: MultisensoryNorm
    ) throws {
        convolution = try SameConvolution(path / "0", from: input, to: output, kernel: kernel, stride: stride)
        self.norm = try norm.layer(path / "1", channels: output)
    }

    func callAsFunction(_ input: Tensor, training: Bool) throws -> Tensor {
        try norm(try convolution(input), training: training)
    }
}

/// A residual block as Multisensory has it: a convolution, normalised and rectified, and a second one; to that a way around is
/// added, and the sum is normalised and rectified.
struct MultisensoryBlock {
    private let first: MultisensoryConvolution
    private let second: SameConvolution
    private let norm: BatchNorm
    /// The way around where the number of channels changes; else it takes every so-manieth value.
    private let around: MultisensoryConvolution?
    private let stride: [Int]

    /// - Parameter path: the path of `conv1`, `conv2`, `norm`, and `around` where it has weights.
    init(
        _ path: ParameterPath, from input: Int, to output: Int, kernel: [Int], stride: [Int], norm: MultisensoryNorm
    ) throws {
        first = try MultisensoryConvolution(
            path / "conv1", from: input, to: output, kernel: kernel, stride: stride, norm: norm)
        let ones = kernel.map { _ in 1 }
        second = try SameConvolution(path / "conv2", from: output, to: output, kernel: kernel, stride: ones)
        self.norm = try norm.layer(path / "norm", channels: output, endsBlock: true)
        around =
            input == output
            ? nil
            : try MultisensoryConvolution(
                path / "around", from: input, to: output, kernel: ones, stride: stride, norm: norm)
        self.stride = stride
    }

    func callAsFunction(_ input: Tensor, training: Bool) throws -> Tensor {
        let inner = try second(try first(input, training: training).reluInPlace())
        return try norm(try inner.addedInPlace(try passed(input, training)), training: training).reluInPlace()
    }

    private func passed(_ input: Tensor, _ training: Bool) throws -> Tensor {
        if let around { return try around(input, training: training) }
        if stride.allSatisfy({ $0 == 1 }) { return input }
        return try input.maxPooled(
            kernel: stride.map { _ in 1 }, stride: stride, padding: stride.map { _ in 0 })
    }
}

extension Tensor {
    /// Fractional max-pooling along the last dimension (Graham, arXiv 1412.6071): maxima over windows that follow each other and
    /// are as equal in length as whole numbers can be. Graham draws where the longer ones are; here they are evenly spread,
    /// so that the same sound is always the same. Where there are fewer values than windows, neighbours share one.
    ///
    /// `[N, C, 1, L]` → `[N, C, 1, windows]`.
    func fractionallyMaxPooled(to windows: Int) throws -> Tensor {
        let length = shape[3]
        let places = (0..<windows).map { window -> Range<Int> in
            let start = window * length / windows
            return start..<max(start + 1, (window + 1) * length / windows)
        }
        let longest = places.map(\.count).max() ?? 1
        // Shorter windows see their last value twice.
        let indices = places.flatMap { place in (0..<longest).map { min(place.lowerBound + $0, place.upperBound - 1) } }
        let spread = try selected(3, indices)
        if longest == 1 { return spread }
        return try spread.maxPooled(kernel: [1, longest], stride: [1, longest], padding: [0, 0])
    }
}
