import AVPrepTorch

/// Five 3 × 3 convolutions on a log-mel spectrogram, after the audio stream of SyncNet (Chung & Zisserman, "Out of time",
/// ACCV-W 2016), taken for AVTS's "VGG on mel".
///
/// With W the width (64 in SyncNet), F frames and B bins; sizes are rounded up. 100 × 40 is one second at 10 ms a frame.
///
/// | part | layer | shape | of 100 × 40 |
/// |---|---|---|---|
/// | `conv1` | 3 × 3 | `[N, W, F, B]` | 100 × 40 |
/// | `conv2` | 3 × 3 | `[N, 3W, F, B]` | 100 × 40 |
/// | pool | 3 × 3, stride 2 | `[N, 3W, F/2, B/2]` | 50 × 20 |
/// | `conv3` | 3 × 3 | `[N, 6W, F/2, B/2]` | 50 × 20 |
/// | `conv4`, `conv5` | 3 × 3 | `[N, 4W, F/2, B/2]` | 50 × 20 |
/// | pool | 3 × 3, stride 2 | `[N, 4W, F/4, B/4]` | 25 × 10 |
///
/// Each convolution is followed by batch normalisation and a ReLU. Two departures from SyncNet: the first pool halves
/// the bins too (there are 40, not 13), and both pad by 1, so that time is 25 steps a second, those of the picture.
struct SyncNetTrunk: FeatureTrunk {
    private let convolutions: [NormalizedConvolution]
    let channels: Int

    /// - Parameter path: where the tensors go: `conv1.0.weight` to `conv5.1.num_batches_tracked`.
    init(_ path: ParameterPath, width: Int) throws {
        var channels = 1
        var convolutions: [NormalizedConvolution] = []
        for (number, growth) in [1, 3, 6, 4, 4].enumerated() {
            let output = width * growth
            convolutions.append(
                try NormalizedConvolution(
                    path / "conv\(number + 1)", from: channels, to: output, kernel: [3, 3], stride: [1, 1],
                    padding: [1, 1]))
            channels = output
        }
        self.convolutions = convolutions
        self.channels = channels
    }

    func steps(ofFrames frames: Int) -> Int { (frames + 3) / 4 }

    var layers: [String] { (1...5).map { "conv\($0)" } + ["pool"] }

    /// `[N, 1, F, B]` → `[N, 4W, F/4, B/4]`.
    func callAsFunction(_ spectrograms: Tensor, training: Bool, upTo layer: String?) throws -> Tensor {
        var features = spectrograms
        for (index, convolution) in convolutions.enumerated() {
            features = try convolution(features, training: training).reluInPlace()
            if layer == "conv\(index + 1)" { return features }
            // As in the video network; a single channel has no order, so this comes after the first convolution.
            if index == 0, !features.engine.isCUDA { features = try features.ordered(.channelsLast) }
            if index == 1 || index == 4 {
                features = try features.maxPooled(kernel: [3, 3], stride: [2, 2], padding: [1, 1])
            }
        }
        return features
    }
}
