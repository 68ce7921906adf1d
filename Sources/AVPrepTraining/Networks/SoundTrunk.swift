import AVPrepTorch

/// The audio sub-network of Multisensory: residual blocks along time, and as many steps as the picture has
/// (Owens & Efros, ECCV 2018).
///
/// Of a waveform with C channels and S samples, A the width (64 in the paper); in the paper C is 2, and S 87,588. Sizes are
/// rounded up, but for the pool's.
///
/// | part | layers | shape | of 87,588 samples |
/// |---|---|---|---|
/// | `conv1_1` | 65, stride 4 | `[N, A, 1, S/4]` | 21897 |
/// | pool | 4, stride 4 | `[N, A, 1, S/16]` | 5474 |
/// | `conv2_1` block | 15, stride 4; 15 | `[N, 2A, 1, S/64]` | 1369 |
/// | `conv3_1` block | 15, stride 4; 15 | `[N, 2A, 1, S/256]` | 343 |
/// | `conv4_1` block | 15, stride 4; 15 | `[N, 4A, 1, S/1024]` | 86 |
/// | fractional max-pool | to the picture's steps | `[N, 4A, 1, T/4]` | 32 |
/// | `conv5_1` | 3 | `[N, 2A, 1, T/4]` | 32 |
///
/// The variant that hears a spectrogram of B bins takes them for channels, and has `conv1_1` of 3 without stride and pool, and
/// blocks of 3 with the strides 1, 2 and 2 (ours: the paper does not describe its own).
struct SoundTrunk {
    /// What it hears.
    enum Input {
        /// `[N, C, S]`.
        case waveform(channels: Int)
        /// `[N, 1, F, B]`.
        case spectrogram(bins: Int)
    }

    /// Fewest samples that leave something behind the first pool.
    static let fewestSamples = 13

    private let isWaveform: Bool
    private let first: MultisensoryConvolution
    private let blocks: [MultisensoryBlock]
    private let last: MultisensoryConvolution
    /// Channels of what it gives.
    let channels: Int

    init(_ path: ParameterPath, _ input: Input, width: Int, norm: MultisensoryNorm) throws {
        let (inputs, kernels, strides): (Int, (Int, Int), [Int])
        switch input {
        case .waveform(let channels):
            isWaveform = true
            (inputs, kernels, strides) = (channels, (65, 15), [4, 4, 4, 4])
        case .spectrogram(let bins):
            isWaveform = false
            (inputs, kernels, strides) = (bins, (3, 3), [1, 1, 2, 2])
        }
        first = try MultisensoryConvolution(
            path / "conv1_1", from: inputs, to: width, kernel: [1, kernels.0], stride: [1, strides[0]], norm: norm)
        let widths = [width, 2 * width, 2 * width, 4 * width]
        blocks = try (1...3).map { number in
            try MultisensoryBlock(
                path / "conv\(number + 1)_1", from: widths[number - 1], to: widths[number], kernel: [1, kernels.1],
                stride: [1, strides[number]], norm: norm)
        }
        channels = 2 * width
        last = try MultisensoryConvolution(
            path / "conv5_1", from: 4 * width, to: channels, kernel: [1, 3], stride: [1, 1], norm: norm)
    }

    /// The layers whose features can be asked for, in their order.
    static let layers = ["conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"]

    /// Its input → `[N, 2A, steps, 1, 1]`.
    ///
    /// - Parameter layer: one of ``layers``, whose features are wanted in place of the last one's: `[N, C, 1, L]`.
    func callAsFunction(_ sound: Tensor, steps: Int, training: Bool, upTo layer: String? = nil) throws -> Tensor {
        let shape = sound.shape
        let input = try isWaveform ? sound.reshaped([shape[0], shape[1], 1, shape[2]]) : sound.permuted([0, 3, 1, 2])
        var features = try first(input, training: training).reluInPlace()
        if layer == Self.layers[0] { return features }
        if isWaveform { features = try features.maxPooled(kernel: [1, 4], stride: [1, 4], padding: [0, 0]) }
        for (number, block) in blocks.enumerated() {
            features = try block(features, training: training)
            if layer == Self.layers[number + 1] { return features }
        }
        let heard = try last(try features.fractionallyMaxPooled(to: steps), training: training).reluInPlace()
        return try heard.reshaped([shape[0], channels, steps, 1, 1])
    }
}
