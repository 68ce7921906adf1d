import AVPrepTorch

/// Multisensory: do picture and sound belong together in time? (Owens & Efros, "Audio-Visual Scene Analysis with
/// Self-Supervised Multisensory Features", ECCV 2018, arXiv 1804.03641.) The sound joins the picture early, and most layers
/// see both.
///
/// With W the width of the picture's network and A that of the sound's (64 both in the paper), T frames and pictures of
/// S × S; in the paper 125 of 224. Padding is TensorFlow's SAME; sizes are rounded up.
///
/// | part | layers | shape | of 125 × 224 × 224 |
/// |---|---|---|---|
/// | `video.conv1` | 5 × 7 × 7, stride 2 | `[N, W, T/2, S/2, S/2]` | 63 × 112 × 112 |
/// | pool | 1 × 3 × 3, stride (1, 2, 2) | `[N, W, T/2, S/4, S/4]` | 63 × 56 × 56 |
/// | `video.conv2_1` block | 3 × 3 × 3 | `[N, W, T/2, S/4, S/4]` | 63 × 56 × 56 |
/// | `video.conv2_2` block | 3 × 3 × 3, stride 2 | `[N, W, T/4, S/8, S/8]` | 32 × 28 × 28 |
/// | `audio` ``SoundTrunk`` | | `[N, 2A, T/4, 1, 1]` | 32 |
/// | picture and sound, the same everywhere in the picture | | `[N, W + 2A, T/4, S/8, S/8]` | 32 × 28 × 28 |
/// | `fusion.merge1` | 1 × 1 × 1 | `[N, 8W, T/4, S/8, S/8]` | 32 × 28 × 28 |
/// | `fusion.merge2` | 1 × 1 × 1 | `[N, 2W, T/4, S/8, S/8]` | 32 × 28 × 28 |
/// | plus the picture's W and the last W of the sound's, `fusion.norm` | | `[N, 2W, T/4, S/8, S/8]` | 32 × 28 × 28 |
/// | `fusion.conv3_1`, `conv3_2` blocks | 3 × 3 × 3 | `[N, 2W, T/4, S/8, S/8]` | 32 × 28 × 28 |
/// | `fusion.conv4_1`, `conv4_2` blocks | 3 × 3 × 3, the first's stride 2 | `[N, 4W, T/8, S/16, S/16]` | 16 × 14 × 14 |
/// | `fusion.conv5_1`, `conv5_2` blocks | 3 × 3 × 3, the first's stride (1, 2, 2) | `[N, 8W, T/8, S/32, S/32]` | 16 × 7 × 7 |
/// | average over all of it, `fc` | 8W → 1 | `[N, 1]` | |
///
/// Each convolution is followed by batch normalisation and a ReLU, but the second ones of blocks and `merge2`, where both come
/// behind the sum (``MultisensoryBlock``, ``MultisensoryNorm``). The weights of `fc` on the map before the average are the
/// class activation map; with `fine_map` that of `conv5_1` has no stride, and the map 14 × 14 places. 36,042,049 parameters.
struct MultisensoryNetwork {
    /// What of the picture is left to look at, along each side.
    static let smallestCrop = 8

    let store: ParameterStore
    private let video: PictureTrunk
    private let audio: SoundTrunk?
    private let fusion: FusedTrunk
    /// From the average of the last map to the logit of belonging together: `weight` is `[1, 8W]`.
    let answer: Linear

    /// What the network makes of clips, from where picture and sound are joined upwards; before, of the picture alone.
    struct Features {
        /// `video.conv2_2`: of the picture alone, `[N, W, T/4, S/8, S/8]`.
        let conv2: Tensor
        /// `fusion.conv3_2`, `[k · N, 2W, T/4, S/8, S/8]`.
        let conv3: Tensor
        /// `fusion.conv4_2`, `[k · N, 4W, T/8, S/16, S/16]`.
        let conv4: Tensor
        /// `fusion.conv5_2`, the map before the average, `[k · N, 8W, T/8, S/32, S/32]`.
        let conv5: Tensor

        /// By the layer's name: `conv2_2`, `conv3_2`, `conv4_2` or `conv5_2`.
        subscript(layer: String) -> Tensor? {
            ["conv2_2": conv2, "conv3_2": conv3, "conv4_2": conv4, "conv5_2": conv5][layer]
        }
    }

    /// - Parameters:
    ///   - settings: of these both widths and `multisensory` have a meaning here.
    ///   - sound: what it hears; nil for a network that sees alone, whose sound is all zeros behind the audio sub-network.
    ///   - answers: 1, or a number of classes.
    ///   - seed: what the first weights are drawn by; nil for a model whose weights are about to be read from a file.
    init(settings: ModelSettings, sound: SoundTrunk.Input?, answers: Int = 1, seed: UInt64?, engine: Engine) throws {
        let store = ParameterStore(engine: engine, seed: seed)
        self.store = store
        let norm = MultisensoryNorm(settings.multisensory)
        let (width, heard) = (settings.video.width, 2 * settings.audio.width)
        video = try PictureTrunk(store.root / "video", width: width, norm: norm)
        audio = try sound.map {
            try SoundTrunk(store.root / "audio", $0, width: settings.audio.width, norm: norm)
        }
        fusion = try FusedTrunk(
            store.root / "fusion", width: width, heard: heard, isFine: settings.multisensory.fineMap, norm: norm)
        answer = try Linear(
            store.root / "fc", from: 8 * width, to: answers, deviation: (2 / Double(8 * width)).squareRoot())
    }

    /// - Parameters:
    ///   - pictures: RGB in [-1, 1], `[N, 3, T, S, S]`.
    ///   - sounds: what the network hears, `[k · N, …]`: the first N go with the pictures, and so do the next N, and so on. The
    ///     pictures are looked at once. Nil for silence behind the audio sub-network: k is 1.
    func features(pictures: Tensor, sounds: Tensor?, training: Bool) throws -> Features {
        let seen = try video(pictures, training: training)
        let heard = try sounds.flatMap { try audio?($0, steps: seen.shape[2], training: training) }
        let joined = try fusion.joined(seen, heard, training: training)
        let conv3 = try fusion.third(joined, training: training)
        let conv4 = try fusion.fourth(conv3, training: training)
        let conv5 = try fusion.fifth(conv4, training: training)
        return Features(conv2: seen, conv3: conv3, conv4: conv4, conv5: conv5)
    }

    /// The layers whose features can be asked for, by the beginnings of their tensors' names, in their order: of what sees, of
    /// what hears, and of both.
    var layers: (picture: [String], sound: [String], fused: [String]) {
        (
            PictureTrunk.layers.map { "video.\($0)" }, audio == nil ? [] : SoundTrunk.layers.map { "audio.\($0)" },
            FusedTrunk.layers.map { "fusion.\($0)" }
        )
    }

    /// The features of one of ``layers``, in evaluation.
    func features(pictures: Tensor, sounds: Tensor?, upTo layer: String) throws -> Tensor {
        let name = String(layer.drop { $0 != "." }.dropFirst())
        if layer.hasPrefix("audio."), let audio, let sounds {
            // Two strides of two: as many steps as the picture has.
            let steps = (0..<2).reduce(pictures.shape[2]) { steps, _ in (steps + 1) / 2 }
            return try audio(sounds, steps: steps, training: false, upTo: name)
        }
        if layer.hasPrefix("video.") { return try video(pictures, training: false, upTo: name) }
        let seen = try video(pictures, training: false)
        let heard = try sounds.flatMap { try audio?($0, steps: seen.shape[2], training: false) }
        return try fusion.features(try fusion.joined(seen, heard, training: false), upTo: name)
    }

    /// The logits of belonging together, `[k · N]`, of the last map.
    func logits(of features: Features) throws -> Tensor {
        try answers(of: features).reshaped([-1]).converted(to: .float32)
    }

    /// All answers, `[k · N, answers]`, of the last map.
    func answers(of features: Features) throws -> Tensor { try answer(try features.conv5.mean([2, 3, 4])) }

    /// The logits in evaluation, and the last map, which they are the average of.
    func located(pictures: Tensor, sounds: Tensor?) throws -> (logits: Tensor, features: LocatedFeatures) {
        let features = try features(pictures: pictures, sounds: sounds, training: false)
        let weight = try answer.weight.converted(to: .float32)
        let weights = try Tensor.concatenated(Array(repeating: weight, count: features.conv5.shape[0]), dimension: 0)
        return (
            try logits(of: features), try .averaged(features.conv5, weights: weights)
        )
    }
}

/// What sees the picture alone.
private struct PictureTrunk {
    private let first: MultisensoryConvolution
    private let blocks: [MultisensoryBlock]

    init(_ path: ParameterPath, width: Int, norm: MultisensoryNorm) throws {
        first = try MultisensoryConvolution(
            path / "conv1", from: 3, to: width, kernel: [5, 7, 7], stride: [2, 2, 2], norm: norm)
        blocks = try (1...2).map { number in
            try MultisensoryBlock(
                path / "conv2_\(number)", from: width, to: width, kernel: [3, 3, 3], stride: [number, number, number],
                norm: norm)
        }
    }

    static let layers = ["conv1", "conv2_1", "conv2_2"]

    func callAsFunction(_ pictures: Tensor, training: Bool, upTo layer: String? = nil) throws -> Tensor {
        var features = try first(pictures, training: training).reluInPlace()
        if layer == Self.layers[0] { return features }
        features = try features.samePooled(kernel: [1, 3, 3], stride: [1, 2, 2])
        for (number, block) in blocks.enumerated() {
            features = try block(features, training: training)
            if layer == Self.layers[number + 1] { return features }
        }
        return features
    }
}

/// What sees picture and sound together.
private struct FusedTrunk {
    private let merge1: MultisensoryConvolution
    private let merge2: SameConvolution
    private let norm: BatchNorm
    /// Two a stage: conv3, conv4, conv5.
    private let blocks: [[MultisensoryBlock]]
    private let width: Int

    init(_ path: ParameterPath, width: Int, heard: Int, isFine: Bool, norm: MultisensoryNorm) throws {
        self.width = width
        let one = [1, 1, 1]
        merge1 = try MultisensoryConvolution(
            path / "merge1", from: width + heard, to: 8 * width, kernel: one, stride: one, norm: norm)
        merge2 = try SameConvolution(path / "merge2", from: 8 * width, to: 2 * width, kernel: one, stride: one)
        self.norm = try norm.layer(path / "norm", channels: 2 * width, endsBlock: true)
        let strides = [one, [2, 2, 2], isFine ? one : [1, 2, 2]]
        blocks = try (0..<3).map { stage in
            try (1...2).map { number in
                try MultisensoryBlock(
                    path / "conv\(stage + 3)_\(number)",
                    from: number == 1 ? 2 * width << max(0, stage - 1) : 2 * width << stage,
                    to: 2 * width << stage, kernel: [3, 3, 3], stride: number == 1 ? strides[stage] : one, norm: norm)
            }
        }
    }

    /// The convolution of both side by side is the sum of one of each: that of the sound is the same everywhere in the picture,
    /// and that of the picture the same for all its sounds.
    func joined(_ seen: Tensor, _ heard: Tensor?, training: Bool) throws -> Tensor {
        let weight = merge1.convolution.weight
        func convolved(_ features: Tensor, _ range: Range<Int>) throws -> Tensor {
            try features.convolved(with: try weight.narrowed(1, range), stride: [1, 1, 1], padding: [0, 0, 0])
        }
        let shape = seen.shape
        let count = heard?.shape[0] ?? shape[0]
        precondition(count % shape[0] == 0, "\(count) sounds of \(shape[0]) pictures")
        let times = count / shape[0]
        var pictures = seen
        var merged = try convolved(seen, 0..<width)
        if times > 1 {
            pictures = try Tensor.concatenated(Array(repeating: seen, count: times), dimension: 0)
            merged = try Tensor.concatenated(Array(repeating: merged, count: times), dimension: 0)
        }
        var space = try Tensor(
            [Float](repeating: 0, count: shape[3] * shape[4]), shape: [1, 1, 1, shape[3], shape[4]], engine: seen.engine
        )
        if let heard {
            let channels = heard.shape[1]
            merged = try merged + convolved(heard, width..<width + channels)
            space = try heard.narrowed(1, channels - width..<channels) + space
        } else {
            space =
                try space
                + Tensor(
                    [Float](repeating: 0, count: width * shape[2]), shape: [1, width, shape[2], 1, 1],
                    engine: seen.engine)
            if count > 1 { space = try Tensor.concatenated(Array(repeating: space, count: count), dimension: 0) }
        }
        let inner = try merge2(try merge1.norm(merged, training: training).reluInPlace())
        let sum = try inner.addedInPlace(try Tensor.concatenated([pictures, space], dimension: 1))
        return try norm(sum, training: training).reluInPlace()
    }

    /// What is joined, and the blocks.
    static let layers = ["norm"] + (3...5).flatMap { ["conv\($0)_1", "conv\($0)_2"] }

    func features(_ joined: Tensor, upTo layer: String) throws -> Tensor {
        if layer == Self.layers[0] { return joined }
        var features = joined
        for (block, name) in zip(blocks.joined(), Self.layers.dropFirst()) {
            features = try block(features, training: false)
            if layer == name { break }
        }
        return features
    }

    func third(_ features: Tensor, training: Bool) throws -> Tensor { try stage(0, features, training) }
    func fourth(_ features: Tensor, training: Bool) throws -> Tensor { try stage(1, features, training) }
    func fifth(_ features: Tensor, training: Bool) throws -> Tensor { try stage(2, features, training) }

    private func stage(_ number: Int, _ features: Tensor, _ training: Bool) throws -> Tensor {
        try blocks[number].reduce(features) { try $1($0, training: training) }
    }
}
