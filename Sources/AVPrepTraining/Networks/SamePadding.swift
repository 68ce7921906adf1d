import AVPrepTorch

extension Tensor {
    /// Zeros around time and space, as TensorFlow's SAME has them: as many as make `ceil(size / stride)` windows, the odd
    /// one after.
    func samePadded(kernel: [Int], stride: [Int]) throws -> Tensor {
        let missing = missing(kernel: kernel, stride: stride)
        if missing.allSatisfy({ $0 == 0 }) { return self }
        return try padded(before: missing.map { $0 / 2 }, after: missing.map { $0 - $0 / 2 })
    }

    /// How many values such windows lack along each dimension.
    fileprivate func missing(kernel: [Int], stride: [Int]) -> [Int] {
        shape.suffix(kernel.count).enumerated().map { index, size in
            max(0, ((size + stride[index] - 1) / stride[index] - 1) * stride[index] + kernel[index] - size)
        }
    }

    /// The maximum over windows with such padding. What is pooled here was rectified, so that zeros beside it change
    /// nothing.
    func samePooled(kernel: [Int], stride: [Int]) throws -> Tensor {
        try samePadded(kernel: kernel, stride: stride)
            .maxPooled(kernel: kernel, stride: stride, padding: kernel.map { _ in 0 })
    }
}

/// A convolution without bias that pads as TensorFlow's SAME does, and begins as He et al. (arXiv 1502.01852) say, by incoming
/// connections.
struct SameConvolution {
    let weight: Tensor
    private let kernel: [Int]
    private let stride: [Int]

    /// - Parameter path: the path of `weight`.
    init(_ path: ParameterPath, from input: Int, to output: Int, kernel: [Int], stride: [Int]) throws {
        let connections = Double(input * kernel.reduce(1, *))
        weight = try path.parameter(
            "weight", shape: [output, input] + kernel, .normal(deviation: (2 / connections).squareRoot()))
        self.kernel = kernel
        self.stride = stride
    }

    /// `[N, in, …]` → `[N, out, …]`, sizes divided by the stride and rounded up.
    func callAsFunction(_ input: Tensor) throws -> Tensor {
        let missing = input.missing(kernel: kernel, stride: stride)
        // As much on either side is the convolution's own padding.
        let isEven = missing.allSatisfy { $0 % 2 == 0 }
        let padded = isEven ? input : try input.samePadded(kernel: kernel, stride: stride)
        return try padded.convolved(
            with: weight, stride: stride, padding: missing.map { isEven ? $0 / 2 : 0 })
    }
}
