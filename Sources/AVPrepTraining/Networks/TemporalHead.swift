import AVPrepTorch

/// The last layer of a trunk: features over time and space become one embedding.
///
/// Averaged over time, an embedding tells what is seen or heard, hardly when; with the time axis kept it tells both,
/// and pairs of the same video that are out of sync can be told apart.
struct TemporalHead {
    private let kind: ModelSettings.TemporalHead
    private let layer: Linear
    private let space: Int

    /// - Parameters:
    ///   - path: where the weights go.
    ///   - times: length of the time axis.
    ///   - space: dimensions after it: 2 for pictures (`[N, C, T, H, W]`), 1 for sound (`[N, C, T, bins]`).
    init(
        _ path: ParameterPath, _ kind: ModelSettings.TemporalHead, channels: Int, times: Int, embedding: Int, space: Int
    ) throws {
        self.kind = kind
        self.space = space
        layer = try Linear(path, from: kind == .average ? channels : channels * times, to: embedding)
    }

    /// `[N, C, T, …]` → `[N, embedding]`. The keep-time layer sees value t of channel c at position `c · T + t`.
    func callAsFunction(_ features: Tensor) throws -> Tensor {
        let spaceDimensions = Array(3..<(3 + space))
        switch kind {
        case .average:
            return try layer(try features.mean([2] + spaceDimensions))
        case .keepTime:
            let peaks = try features.maximum(spaceDimensions)
            return try layer(try peaks.reshaped([peaks.shape[0], -1]))
        }
    }
}
