import AVPrepTorch

/// I3D's RGB stream: Inception-v1 with its filters inflated into time (Carreira & Zisserman, "Quo Vadis, Action
/// Recognition?", CVPR 2017, arXiv 1705.07750). Tensors have the names of its PyTorch port, so that weights of that kind
/// can be begun with; torchvision has no I3D.
///
/// With width 64, of T frames of S pixels; sizes are rounded up, and padding is TensorFlow's SAME: half of what is missing
/// before, the rest after.
///
/// | part | kernel, stride | shape |
/// |---|---|---|
/// | `Conv3d_1a_7x7` | 7 × 7 × 7, 2 | `[N, 64, T/2, S/2, S/2]` |
/// | pool | 1 × 3 × 3, (1, 2, 2) | `[N, 64, T/2, S/4, S/4]` |
/// | `Conv3d_2b_1x1`, `Conv3d_2c_3x3` | 1; 3 × 3 × 3 | `[N, 192, T/2, S/4, S/4]` |
/// | pool | 1 × 3 × 3, (1, 2, 2) | `[N, 192, T/2, S/8, S/8]` |
/// | `Mixed_3b`, `Mixed_3c` | | `[N, 480, T/2, S/8, S/8]` |
/// | pool | 3 × 3 × 3, 2 | `[N, 480, T/4, S/16, S/16]` |
/// | `Mixed_4b` to `Mixed_4f` | | `[N, 832, T/4, S/16, S/16]` |
/// | pool | 2 × 2 × 2, 2 | `[N, 832, T/8, S/32, S/32]` |
/// | `Mixed_5b`, `Mixed_5c` | | `[N, 1024, T/8, S/32, S/32]` |
///
/// Each convolution is followed by batch normalisation (epsilon 1e-3) and a ReLU. The published network's last layers (an
/// average over 2 × 7 × 7, classes a step, their mean) are ``VideoNetwork``'s here. 12,287,264 parameters.
struct InceptionTrunk: FeatureTrunk {
    private enum Part {
        case convolution(InceptionConvolution)
        case mixture(InceptionBlock)
        case pool(kernel: [Int], stride: [Int])
    }

    private let parts: [Part]
    let channels: Int

    /// Channels of each block: of its 1 × 1 × 1 branch, of the two branches with a 3 × 3 × 3 (narrowed, then out), and of
    /// the pooled branch.
    private static let blocks: [[(name: String, channels: [Int])]] = [
        [("3b", [64, 96, 128, 16, 32, 32]), ("3c", [128, 128, 192, 32, 96, 64])],
        [
            ("4b", [192, 96, 208, 16, 48, 64]), ("4c", [160, 112, 224, 24, 64, 64]),
            ("4d", [128, 128, 256, 24, 64, 64]), ("4e", [112, 144, 288, 32, 64, 64]),
            ("4f", [256, 160, 320, 32, 128, 128]),
        ],
        [("5b", [256, 160, 320, 32, 128, 128]), ("5c", [384, 192, 384, 48, 128, 128])],
    ]

    /// - Parameter width: channels of the first convolution; all others are in the published proportion to its 64.
    init(_ path: ParameterPath, width: Int) throws {
        func scaled(_ channels: Int) -> Int { max(1, (channels * width + 32) / 64) }
        var channels = 3
        func convolution(_ name: String, to output: Int, kernel: Int, stride: Int = 1) throws -> Part {
            defer { channels = scaled(output) }
            return .convolution(
                try InceptionConvolution(
                    path / name, from: channels, to: scaled(output), kernel: kernel, stride: stride))
        }
        let flat = Part.pool(kernel: [1, 3, 3], stride: [1, 2, 2])
        var parts = [
            try convolution("Conv3d_1a_7x7", to: 64, kernel: 7, stride: 2), flat,
            try convolution("Conv3d_2b_1x1", to: 64, kernel: 1),
            try convolution("Conv3d_2c_3x3", to: 192, kernel: 3), flat,
        ]
        for (index, group) in Self.blocks.enumerated() {
            if index > 0 {
                let size = index == 1 ? 3 : 2
                parts.append(.pool(kernel: [size, size, size], stride: [2, 2, 2]))
            }
            for (name, sizes) in group {
                let block = try InceptionBlock(path / "Mixed_\(name)", from: channels, to: sizes.map(scaled))
                parts.append(.mixture(block))
                channels = block.channels
            }
        }
        self.parts = parts
        self.channels = channels
    }

    func steps(ofFrames frames: Int) -> Int { (0..<3).reduce(frames) { steps, _ in (steps + 1) / 2 } }

    /// RGB in [-1, 1], `[N, 3, T, S, S]` → `[N, 16W, T/8, S/32, S/32]`.
    func callAsFunction(_ clips: Tensor, training: Bool, upTo layer: String?) throws -> Tensor {
        var features = clips
        var names = layers.makeIterator()
        for part in parts {
            switch part {
            case .convolution(let convolution): features = try convolution(features, training: training)
            case .mixture(let block): features = try block(features, training: training)
            case .pool(let kernel, let stride):
                features = try features.samePooled(kernel: kernel, stride: stride)
                continue
            }
            if let layer, names.next() == layer { return features }
        }
        return features
    }

    var layers: [String] {
        ["Conv3d_1a_7x7", "Conv3d_2b_1x1", "Conv3d_2c_3x3"] + Self.blocks.joined().map { "Mixed_\($0.name)" }
    }
}

/// A convolution, its batch normalisation (`conv3d`, `bn`), and a ReLU.
private struct InceptionConvolution {
    private let convolution: Convolution
    private let norm: BatchNorm
    private let kernel: [Int]
    private let stride: [Int]

    init(_ path: ParameterPath, from input: Int, to output: Int, kernel: Int, stride: Int = 1) throws {
        self.kernel = [kernel, kernel, kernel]
        self.stride = [stride, stride, stride]
        convolution = try Convolution(
            path / "conv3d", from: input, to: output, kernel: self.kernel, stride: self.stride,
            // With stride 1, SAME is as much on either side; else it depends on the size, and is done before.
            padding: stride == 1 ? self.kernel.map { $0 / 2 } : [0, 0, 0])
        norm = try BatchNorm(path / "bn", channels: output, epsilon: 1e-3)
    }

    func callAsFunction(_ input: Tensor, training: Bool) throws -> Tensor {
        let padded = stride[0] == 1 ? input : try input.samePadded(kernel: kernel, stride: stride)
        return try norm(try convolution(padded), training: training).reluInPlace()
    }
}

/// Four branches side by side, joined along the channels.
private struct InceptionBlock {
    private let single: InceptionConvolution
    private let middle: (InceptionConvolution, InceptionConvolution)
    private let small: (InceptionConvolution, InceptionConvolution)
    private let pooled: InceptionConvolution
    let channels: Int

    /// - Parameter sizes: channels, in the order of ``InceptionTrunk``'s table.
    init(_ path: ParameterPath, from input: Int, to sizes: [Int]) throws {
        func layer(_ name: String, from input: Int, to output: Int, kernel: Int) throws -> InceptionConvolution {
            try InceptionConvolution(path / name, from: input, to: output, kernel: kernel)
        }
        single = try layer("b0", from: input, to: sizes[0], kernel: 1)
        middle = (
            try layer("b1a", from: input, to: sizes[1], kernel: 1),
            try layer("b1b", from: sizes[1], to: sizes[2], kernel: 3)
        )
        small = (
            try layer("b2a", from: input, to: sizes[3], kernel: 1),
            try layer("b2b", from: sizes[3], to: sizes[4], kernel: 3)
        )
        pooled = try layer("b3b", from: input, to: sizes[5], kernel: 1)
        channels = sizes[0] + sizes[2] + sizes[4] + sizes[5]
    }

    func callAsFunction(_ input: Tensor, training: Bool) throws -> Tensor {
        let branches = [
            try single(input, training: training),
            try middle.1(try middle.0(input, training: training), training: training),
            try small.1(try small.0(input, training: training), training: training),
            try pooled(try input.samePooled(kernel: [3, 3, 3], stride: [1, 1, 1]), training: training),
        ]
        return try Tensor.concatenated(branches, dimension: 1)
    }
}
