import AVPrepTorch

/// The trunk that hears the sound: five 3 × 3 convolutions on a log-mel spectrogram, after the audio stream of SyncNet
/// (Chung & Zisserman, "Out of time", ACCV-W 2016), taken for AVTS's "VGG on mel".
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
/// | head `average` | mean over time and bins, `fc` | `[N, embedding]` | |
/// | head `keep-time` | maximum over bins, `fc` on 4W · F/4 values | `[N, embedding]` | |
///
/// Each convolution is followed by batch normalisation and a ReLU. Two departures from SyncNet: the first pool halves
/// the bins too (there are 40, not 13), and both pad by 1, so that time is 25 steps a second, those of the picture.
package struct AudioNetwork {
    private let convolutions: [NormalizedConvolution]
    private let head: TemporalHead

    /// - Parameters:
    ///   - path: where the tensors go: `conv1.0.weight` to `conv5.1.num_batches_tracked`, `fc.weight`, `fc.bias`.
    ///   - frames: F. The keep-time head takes exactly that many.
    init(
        _ path: ParameterPath, settings: AudioNetworkSettings, head: ModelSettings.TemporalHead, frames: Int,
        embedding: Int
    ) throws {
        var channels = 1
        var convolutions: [NormalizedConvolution] = []
        for (number, growth) in [1, 3, 6, 4, 4].enumerated() {
            let output = settings.width * growth
            convolutions.append(
                try NormalizedConvolution(
                    path / "conv\(number + 1)", from: channels, to: output, kernel: [3, 3], stride: [1, 1],
                    padding: [1, 1]))
            channels = output
        }
        self.convolutions = convolutions
        self.head = try TemporalHead(
            path / "fc", head, channels: channels, times: (frames + 3) / 4, embedding: embedding, space: 1)
    }

    /// What `conv5` and its pool make of sounds; the layer on which AVTS trains its linear classifiers.
    ///
    /// - Parameter spectrograms: normalised, `[N, 1, F, B]`.
    /// - Returns: `[N, 4W, F/4, B/4]`.
    func features(_ spectrograms: Tensor, training: Bool) throws -> Tensor {
        var features = spectrograms
        for (index, convolution) in convolutions.enumerated() {
            features = try convolution(features, training: training).relu()
            // As in the video network; a single channel has no order, so this comes after the first convolution.
            if index == 0, !features.engine.isCUDA { features = try features.ordered(.channelsLast) }
            if index == 1 || index == 4 {
                features = try features.maxPooled(kernel: [3, 3], stride: [2, 2], padding: [1, 1])
            }
        }
        return features
    }

    /// Embeddings of spectrograms `[N, 1, F, B]`: `[N, embedding]`, of any length.
    func callAsFunction(_ spectrograms: Tensor, training: Bool) throws -> Tensor {
        try head(try features(spectrograms, training: training))
    }
}
