import AVPrepTorch

/// Two sounds of one: a u-net from the spectrum of a mixture to the spectra of what is seen and of the other sound (Owens &
/// Efros, "Audio-Visual Scene Analysis with Self-Supervised Multisensory Features", ECCV 2018, §5; the u-net of Isola et al.,
/// CVPR 2017).
///
/// A spectrum is loudness and phase (``LogSpectrum``) of T windows and F bins, `[N, 2, T, F]`. With W the width (64 in the
/// paper) and L layers (9); all kernels are 4 × 4; sizes are those of the published 128 × 1024:
///
/// | part | layers | shape |
/// |---|---|---|
/// | `down1` | stride 1 × 2 | `[N, W, 128, 512]` |
/// | `down2` | leaky ReLU; stride 1 × 2 | `[N, 2W, 128, 256]` |
/// | `down3`; features of conv2_2 beside it | leaky ReLU; stride 2 × 2 | `[N, 4W + C, 64, 128]` |
/// | `down4`; of conv3_2 | likewise | `[N, 8W + C, 32, 64]` |
/// | `down5`; of conv5_2 | likewise | `[N, 8W + C, 16, 32]` |
/// | `down6` to `down9` | likewise | `[N, 8W, 1, 2]` |
/// | `up9` to `up2` | ReLU; transposed, stride as of the layer down of its number; that layer's input beside it | `[N, W, 128, 512]` |
/// | `on`, `off` | ReLU; transposed, stride 1 × 2; tanh | `[N, 2, 128, 1024]` |
///
/// Layers have batch normalisation (`1`), but the first and the innermost one and the last two, which have biases: as in the
/// u-net that the paper names; the slope of the leaky ReLU is 0.2. Time is padded by one before and two after where its
/// stride is 1, as TensorFlow does. Features are means over space, `[N, C, T']`, stretched to the layer's windows by linear
/// interpolation from either end (TensorFlow 1's, which aligns first samples, not middles), and the same in all bins.
struct SeparationNetwork {
    /// The first of these many layers keep the time.
    private static let keepingTime = 2
    /// The layers behind which features stand, from 0.
    static let fused = [2, 3, 4]
    private static let kernel = [4, 4]
    private static let slope = 0.2

    let store: ParameterStore
    private let down: [DownLayer]
    /// The innermost first.
    private let up: [UpLayer]
    private let on: UpLayer
    private let off: UpLayer

    /// What a number of windows must be a multiple of.
    static func timeReduction(layers: Int) -> Int { 1 << max(0, layers - keepingTime) }

    /// - Parameters:
    ///   - features: channels of each of three features; empty for none.
    ///   - store: where the weights go.
    init(_ path: ParameterPath, width: Int, layers: Int, features: [Int]) throws {
        precondition(features.isEmpty || features.count == Self.fused.count, "features of \(features.count) scales")
        precondition(layers > Self.fused.max() ?? 0, "\(layers) layers")
        store = path.store
        let channels = (0..<layers).map { width << min($0, 3) }
        func beside(_ layer: Int) -> Int {
            Self.fused.firstIndex(of: layer).flatMap { features.isEmpty ? nil : features[$0] } ?? 0
        }
        down = try (0..<layers).map { layer in
            try DownLayer(
                path / "down\(layer + 1)",
                from: layer == 0 ? 2 : channels[layer - 1] + beside(layer - 1), to: channels[layer],
                keepsTime: layer < Self.keepingTime, isNormalized: layer > 0 && layer < layers - 1)
        }
        up = try (1..<layers).reversed().map { layer in
            try UpLayer(
                path / "up\(layer + 1)", from: (layer == layers - 1 ? 1 : 2) * channels[layer] + beside(layer),
                to: channels[layer - 1], keepsTime: layer < Self.keepingTime, isNormalized: true)
        }
        let inputs = 2 * channels[0]
        on = try UpLayer(path / "on", from: inputs, to: 2, keepsTime: true, isNormalized: false)
        off = try UpLayer(path / "off", from: inputs, to: 2, keepsTime: true, isNormalized: false)
    }

    /// - Parameters:
    ///   - mixture: `[N, 2, T, F]`.
    ///   - features: `[N, C, T']` at each scale; empty where the network has none.
    /// - Returns: the spectra of both, each `[N, 2, T, F]`.
    func callAsFunction(_ mixture: Tensor, features: [Tensor], training: Bool) throws -> (on: Tensor, off: Tensor) {
        var value = mixture
        if !value.engine.isCUDA { value = try value.ordered(.channelsLast) }
        var seen: [Tensor] = []
        for (index, layer) in down.enumerated() {
            value = try layer(index == 0 ? value : value.leakyRelu(Self.slope), training: training)
            if let scale = Self.fused.firstIndex(of: index), !features.isEmpty {
                value = try Tensor.concatenated(
                    [value, Self.spread(features[scale], over: value.shape)], dimension: 1)
            }
            seen.append(value)
        }
        for (index, layer) in up.enumerated() {
            if index > 0 {
                value = try Tensor.concatenated([value, seen[down.count - 1 - index]], dimension: 1)
            }
            value = try layer(value.relu(), training: training)
        }
        value = try Tensor.concatenated([value, seen[0]], dimension: 1).relu()
        return (
            on: try on(value, training: training).hyperbolicTangent().converted(to: .float32),
            off: try off(value, training: training).hyperbolicTangent().converted(to: .float32)
        )
    }

    /// Features `[N, C, T']` stretched to `[N, C, T, F]`.
    private static func spread(_ features: Tensor, over shape: [Int]) throws -> Tensor {
        let (times, bins) = (shape[2], shape[3])
        let source = features.shape[2]
        var weights = [Float](repeating: 0, count: times * source)
        for time in 0..<times {
            let place = Double(time) * Double(source) / Double(times)
            let first = min(source - 1, Int(place))
            let share = Float(place - Double(first))
            weights[time * source + first] += 1 - share
            weights[time * source + min(source - 1, first + 1)] += share
        }
        let engine = features.engine
        let stretched = try features.linear(weight: try Tensor(weights, shape: [times, source], engine: engine))
        let ones = try Tensor([Float](repeating: 1, count: bins), shape: [1, 1, 1, bins], engine: engine)
        return try stretched.reshaped([shape[0], features.shape[1], times, 1]) * ones
    }

    private struct DownLayer {
        private let convolution: Convolution
        private let norm: BatchNorm?
        private let keepsTime: Bool

        init(_ path: ParameterPath, from input: Int, to output: Int, keepsTime: Bool, isNormalized: Bool) throws {
            convolution = try Convolution(
                path / "0", from: input, to: output, kernel: SeparationNetwork.kernel, stride: [keepsTime ? 1 : 2, 2],
                padding: keepsTime ? [0, 0] : [1, 1], hasBias: !isNormalized)
            norm = isNormalized ? try BatchNorm(path / "1", channels: output) : nil
            self.keepsTime = keepsTime
        }

        func callAsFunction(_ input: Tensor, training: Bool) throws -> Tensor {
            let value = try convolution(keepsTime ? input.padded(before: [1, 1], after: [2, 1]) : input)
            return try norm?(value, training: training) ?? value
        }
    }

    private struct UpLayer {
        private let convolution: TransposedConvolution
        private let norm: BatchNorm?
        private let keepsTime: Bool

        init(_ path: ParameterPath, from input: Int, to output: Int, keepsTime: Bool, isNormalized: Bool) throws {
            convolution = try TransposedConvolution(
                path / "0", from: input, to: output, kernel: SeparationNetwork.kernel, stride: [keepsTime ? 1 : 2, 2],
                padding: keepsTime ? [0, 1] : [1, 1], hasBias: !isNormalized)
            norm = isNormalized ? try BatchNorm(path / "1", channels: output) : nil
            self.keepsTime = keepsTime
        }

        func callAsFunction(_ input: Tensor, training: Bool) throws -> Tensor {
            var value = try convolution(input)
            // What the padding of the way down has taken: one before, two after.
            if keepsTime { value = try value.narrowed(2, 1..<1 + input.shape[2]) }
            return try norm?(value, training: training) ?? value
        }
    }
}
