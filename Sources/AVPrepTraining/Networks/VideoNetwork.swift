import AVPrepTorch

/// What makes features of pictures or sounds, before the last layer.
protocol FeatureTrunk {
    /// Channels of the features.
    var channels: Int { get }
    /// Steps of the features' time axis, of so many frames.
    func steps(ofFrames frames: Int) -> Int
    /// The layers whose features can be asked for, in their order; the last one's are the trunk's.
    var layers: [String] { get }
    /// `[N, C, T, …]` → `[N, channels, steps, …]`, or the features of a layer below.
    ///
    /// - Parameter layer: one of ``layers``; nil for the last. Features are those behind the layer's ReLU; a name that ends
    ///   in `.norm` means those before it.
    func callAsFunction(_ input: Tensor, training: Bool, upTo layer: String?) throws -> Tensor
}

extension FeatureTrunk {
    func callAsFunction(_ input: Tensor, training: Bool) throws -> Tensor {
        try self(input, training: training, upTo: nil)
    }
}

/// The network that sees the picture: a trunk by name, and the last layer.
///
/// | head | layer | shape |
/// |---|---|---|
/// | `average` | mean over time and space, `fc` | `[N, embedding]` |
/// | `keep-time` | maximum over space, `fc` on channels · T' values, channel by channel | `[N, embedding]` |
///
/// The trunks: ``ResidualTrunk`` and ``InceptionTrunk``.
package struct VideoNetwork {
    private let trunk: any FeatureTrunk
    private let head: TemporalHead

    /// - Parameters:
    ///   - path: where the tensors go; with the store's root those of a residual trunk have torchvision's names.
    ///   - frames: T. The keep-time head takes exactly that many.
    init(
        _ path: ParameterPath, settings: VideoNetworkSettings, head: ModelSettings.TemporalHead, frames: Int,
        embedding: Int
    ) throws {
        trunk =
            settings.trunk == .i3d
            ? try InceptionTrunk(path, width: settings.width) : try ResidualTrunk(path, settings: settings)
        self.head = try TemporalHead(
            path / "fc", head, channels: trunk.channels, times: trunk.steps(ofFrames: frames), embedding: embedding,
            space: 2)
    }

    /// What the last layer of convolutions makes of pictures.
    ///
    /// - Parameter clips: RGB, normalised, `[N, 3, T, S, S]`.
    /// - Returns: `[N, channels, T', S', S']`.
    func features(_ clips: Tensor, training: Bool) throws -> Tensor {
        // Convolutions on a CPU are 1.6 times faster with the channels of a pixel side by side, forward and backward.
        let clips = clips.engine.isCUDA ? clips : try clips.ordered(.channelsLast3D)
        return try trunk(clips, training: training)
    }

    /// Embeddings of clips `[N, 3, T, S, S]`: `[N, embedding]`, of any length.
    func callAsFunction(_ clips: Tensor, training: Bool) throws -> Tensor {
        try head(try features(clips, training: training))
    }
}
