import AVPrepTorch

/// The contrastive loss (Chopra, Hadsell & LeCun, CVPR 2005) on pairs of picture and sound, as AVTS uses it:
/// the mean over the batch of `y · d² + (1 − y) · max(η − d, 0)²` with `d = ‖f_v − f_a‖₂` and the margin η.
///
/// ``LossSettings/squaredPositive`` off takes `y · d` for the first term, as the slides of the AVTS paper print it.
package struct ContrastiveLoss: Sendable {
    package let margin: Double
    package let squaredPositive: Bool

    /// d² is kept above this before the root, whose gradient at 0 is infinite. Distances are thus at least 1e-6, and the
    /// gradient of pairs closer than that is 0. The squared positive term needs no root and no floor.
    package static let squaredDistanceFloor = 1e-12

    package init(_ settings: LossSettings) {
        margin = settings.margin
        squaredPositive = settings.squaredPositive
    }

    /// - Parameters:
    ///   - video: embeddings `[N, E]`.
    ///   - audio: embeddings `[N, E]`; row i belongs to row i of `video`.
    ///   - labels: `float32 [N]`: 1 in sync, 0 not. The shapes are insisted on: a `[N, 1]` here would broadcast to a
    ///     loss over all N × N pairs without an error.
    /// - Returns: the loss (one number), and the distances `[N]` it was made of.
    func callAsFunction(video: Tensor, audio: Tensor, labels: Tensor) throws
        -> (loss: Tensor, distances: Tensor)
    {
        let squares = try Self.squaredDistances(video, audio)
        precondition(labels.shape == squares.shape, "labels \(labels.shape) for \(squares.shape) pairs")
        let distances = try squares.clamped(minimum: Self.squaredDistanceFloor).squareRoot()
        let together = try (squaredPositive ? squares : distances) * labels
        let apart = try (distances * -1 + margin).relu().power(2) * (labels * -1 + 1)
        return (loss: try (together + apart).mean(), distances: distances)
    }

    /// Euclidean distances of the rows of two `[N, E]`: `[N]`.
    static func distances(_ video: Tensor, _ audio: Tensor) throws -> Tensor {
        try squaredDistances(video, audio).clamped(minimum: squaredDistanceFloor).squareRoot()
    }

    private static func squaredDistances(_ video: Tensor, _ audio: Tensor) throws -> Tensor {
        precondition(
            video.shape.count == 2 && video.shape == audio.shape,
            "distances between embeddings \(video.shape) and \(audio.shape)")
        return try (video - audio).power(2).sum([1])
    }
}
