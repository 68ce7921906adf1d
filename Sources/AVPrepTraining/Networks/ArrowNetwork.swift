import AVPrepCore
import AVPrepTorch

/// T-CAM: does a clip play forwards or backwards? (Wei, Lim, Zisserman & Freeman, "Learning and Using the Arrow of Time",
/// CVPR 2018.) VGG-16's convolutions on each of T segments of stacked flow, with shared weights, joined for two more.
///
/// With W the width (64 in the paper), T segments of L pictures of flow, and pictures of S × S; sizes are rounded down.
///
/// | part | layers | shape | of 224 × 224 |
/// |---|---|---|---|
/// | `conv1_1`, `conv1_2`, pool | 3 × 3; 2 × 2, stride 2 | `[N · T, W, S/2, S/2]` | 112 × 112 |
/// | `conv2_1`, `conv2_2`, pool | likewise | `[N · T, 2W, S/4, S/4]` | 56 × 56 |
/// | `conv3_1` to `conv3_3`, pool | likewise | `[N · T, 4W, S/8, S/8]` | 28 × 28 |
/// | `conv4_1` to `conv4_3`, pool | likewise | `[N · T, 8W, S/16, S/16]` | 14 × 14 |
/// | `conv5_1` to `conv5_3` | 3 × 3 | `[N · T, 8W, S/16, S/16]` | 14 × 14 |
/// | segments side by side | | `[N, T · 8W, S/16, S/16]` | 14 × 14 |
/// | `fusion1`, `fusion2`, each with dropout of one half | 3 × 3 | `[N, 16W, S/16, S/16]` | 14 × 14 |
/// | average over the picture, `fc` | 16W → 1 | `[N, 1]` | |
///
/// Each convolution has a bias (`0`) and is followed by a ReLU and then by batch normalisation (`1`, epsilon 1e-3), in this
/// order. The weights of `fc` on the map before the average are the class activation map. 33,614,465 parameters for two
/// segments of ten.
struct ArrowNetwork {
    private static let blocks = [2, 2, 3, 3, 3]
    /// How much smaller the map is than the picture, along each side.
    static let reduction = 1 << (blocks.count - 1)

    let store: ParameterStore
    private let segments: Int
    private let blocks: [[ArrowLayer]]
    private let fusion: [ArrowLayer]
    private let answer: Linear
    private let dropout: Double

    /// - Parameters:
    ///   - pictures: of flow in a clip; each has two planes.
    ///   - segments: T, a divisor of that.
    ///   - answers: 1, or a number of classes.
    ///   - dropout: the share of values that are dropped behind each layer of the fusion.
    ///   - seed: what the first weights are drawn by; nil for a model whose weights are about to be read from a file.
    init(
        width: Int, pictures: Int, segments: Int, answers: Int = 1, dropout: Double = 0.5, seed: UInt64?,
        engine: Engine
    ) throws {
        precondition(pictures % segments == 0, "\(pictures) pictures in \(segments) segments")
        let store = ParameterStore(engine: engine, seed: seed)
        self.store = store
        self.segments = segments
        self.dropout = dropout
        var channels = 2 * pictures / segments
        var blocks: [[ArrowLayer]] = []
        for (block, count) in Self.blocks.enumerated() {
            let output = width << min(block, 3)
            blocks.append(
                try (1...count).map { number in
                    defer { channels = output }
                    return try ArrowLayer(store.root / "conv\(block + 1)_\(number)", from: channels, to: output)
                })
        }
        self.blocks = blocks
        fusion = try (1...2).map { number in
            try ArrowLayer(
                store.root / "fusion\(number)", from: number == 1 ? segments * channels : 16 * width, to: 16 * width)
        }
        answer = try Linear(store.root / "fc", from: 16 * width, to: answers)
    }

    /// The map before the average, `[N, 16W, S/16, S/16]`.
    ///
    /// - Parameters:
    ///   - flow: zero where nothing moves, `[N, 2 · T · L, S, S]`: x and y of the first picture, of the second…
    ///   - dropoutSeed: in training, what decides which values are dropped.
    ///   - layer: one of ``layers``, whose features are wanted in place of the map; of segments they lie side by side.
    func features(_ flow: Tensor, training: Bool, dropoutSeed: UInt64 = 0, upTo layer: String? = nil) throws -> Tensor {
        let (count, planes, side) = (flow.shape[0], flow.shape[1], flow.shape[3])
        var features = try flow.reshaped([count * segments, planes / segments, flow.shape[2], side])
        if !features.engine.isCUDA { features = try features.ordered(.channelsLast) }
        for (index, block) in blocks.enumerated() {
            if index > 0 { features = try features.maxPooled(kernel: [2, 2], stride: [2, 2], padding: [0, 0]) }
            for (number, part) in block.enumerated() {
                features = try part(features, training: training)
                if layer == "conv\(index + 1)_\(number + 1)" { return try joined(features, count) }
            }
        }
        features = try joined(features, count)
        for (index, part) in fusion.enumerated() {
            features = try part(features, training: training)
            if layer == "fusion\(index + 1)" { return features }
            if training, dropout > 0 {
                features = try features.droppedOut(
                    probability: dropout, seed: SeededRandom.combine(dropoutSeed, UInt64(index)))
            }
        }
        return features
    }

    /// Segments side by side.
    private func joined(_ features: Tensor, _ count: Int) throws -> Tensor {
        let shape = features.shape
        return try features.reshaped([count, segments * shape[1], shape[2], shape[3]])
    }

    /// The layers whose features can be asked for, in their order.
    var layers: [String] {
        zip(1..., Self.blocks).flatMap { block, count in (1...count).map { "conv\(block)_\($0)" } }
            + ["fusion1", "fusion2"]
    }

    /// The logit of playing forwards: `[N]`.
    func callAsFunction(_ flow: Tensor, training: Bool, dropoutSeed: UInt64 = 0) throws -> Tensor {
        try answers(flow, training: training, dropoutSeed: dropoutSeed).reshaped([-1]).converted(to: .float32)
    }

    /// All answers: `[N, answers]`.
    func answers(_ flow: Tensor, training: Bool, dropoutSeed: UInt64) throws -> Tensor {
        try answer(try features(flow, training: training, dropoutSeed: dropoutSeed).mean([2, 3]))
    }

    /// The logits, and the map that they are the average of: the weights of `fc` on it are the class activation map.
    func located(_ flow: Tensor) throws -> (logits: Tensor, features: LocatedFeatures) {
        let features = try features(flow, training: false, dropoutSeed: 0)
        let weight = try answer.weight.converted(to: .float32)
        let weights = try Tensor.concatenated(Array(repeating: weight, count: features.shape[0]), dimension: 0)
        let logits = try answer(try features.mean([2, 3])).reshaped([features.shape[0]]).converted(to: .float32)
        let shape = features.shape
        return (
            logits, try .averaged(try features.reshaped([shape[0], shape[1], 1, shape[2], shape[3]]), weights: weights)
        )
    }
}

/// A convolution with bias, a ReLU, and batch normalisation.
private struct ArrowLayer {
    private let convolution: Convolution
    private let norm: BatchNorm

    init(_ path: ParameterPath, from input: Int, to output: Int) throws {
        convolution = try Convolution(
            path / "0", from: input, to: output, kernel: [3, 3], stride: [1, 1], padding: [1, 1], hasBias: true)
        norm = try BatchNorm(path / "1", channels: output, epsilon: 1e-3)
    }

    func callAsFunction(_ input: Tensor, training: Bool) throws -> Tensor {
        try norm(try convolution(input).reluInPlace(), training: training)
    }
}
