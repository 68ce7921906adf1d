import AVPrepTorch

/// The network that hears the sound: a trunk by name, and the last layer.
///
/// | head | layer | shape |
/// |---|---|---|
/// | `average` | mean over time and bins, `fc` | `[N, embedding]` |
/// | `keep-time` | maximum over bins, `fc` on channels · F' values | `[N, embedding]` |
///
/// The trunks: ``SyncNetTrunk`` and ``VGGTrunk``.
package struct AudioNetwork {
    private let trunk: any FeatureTrunk
    private let head: TemporalHead

    /// - Parameters:
    ///   - path: where the tensors go: those of the trunk, `fc.weight`, `fc.bias`.
    ///   - frames: F. The keep-time head takes exactly that many.
    init(
        _ path: ParameterPath, settings: AudioNetworkSettings, head: ModelSettings.TemporalHead, frames: Int,
        embedding: Int
    ) throws {
        trunk =
            switch settings.trunk {
            case .syncNet: try SyncNetTrunk(path, width: settings.width)
            case .vgg: try VGGTrunk(path, from: 1, width: settings.width)
            }
        self.head = try TemporalHead(
            path / "fc", head, channels: trunk.channels, times: trunk.steps(ofFrames: frames), embedding: embedding,
            space: 1)
    }

    /// What the last convolution makes of sounds; the layer on which AVTS trains its linear classifiers.
    ///
    /// - Parameter spectrograms: normalised, `[N, 1, F, B]`.
    /// - Returns: `[N, channels, F', B']`.
    func features(_ spectrograms: Tensor, training: Bool) throws -> Tensor {
        try trunk(spectrograms, training: training)
    }

    /// Embeddings of spectrograms `[N, 1, F, B]`: `[N, embedding]`, of any length.
    func callAsFunction(_ spectrograms: Tensor, training: Bool) throws -> Tensor {
        try head(try features(spectrograms, training: training))
    }
}
