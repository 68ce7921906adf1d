/// Batch renormalisation (Ioffe, arXiv 1702.03275), for small batches: what is normalised by a batch's own mean and deviation is
/// scaled and moved to where the mean and deviation of the batches so far would have put it.
///
/// As in TensorFlow: these are running means of their own with a decay of 0.99, without limits to the correction. What is known
/// is weighed by how much of it there is, so that the first batch is corrected by nothing.
struct BatchRenormalization {
    private static let share = 0.01

    private let mean: Tensor
    private let deviation: Tensor
    /// How much is known, from 0 to 1: `[1]`.
    private let known: Tensor

    /// - Parameter path: the path of `renorm_mean`, `renorm_deviation` and `renorm_known`.
    init(_ path: ParameterPath, channels: Int) throws {
        let zeros = HostTensor([Float](repeating: 0, count: channels), shape: [channels])
        mean = try path.buffer("renorm_mean", zeros)
        deviation = try path.buffer("renorm_deviation", zeros)
        known = try path.buffer("renorm_known", HostTensor([0], shape: [1]))
    }

    /// What a normalised batch is multiplied by, and what is then added: `[channels]` each, constants to gradients. The batch
    /// becomes part of what is known.
    func correction(of batch: Tensor, epsilon: Double) throws -> (scale: Tensor, shift: Tensor) {
        try batch.engine.withoutGradients {
            let values = try batch.converted(to: .float32)
            let others = [0] + Array(2..<batch.shape.count)
            let centre = try values.mean(others, keepDimensions: true)
            let own = try centre.reshaped(mean.shape)
            let spread = try ((values - centre).power(2).mean(others) + epsilon).squareRoot()
            let unknown = try known * -1 + 1
            let centred = try own * unknown + mean
            let spanned = try spread * unknown + deviation
            let correction = (scale: try spread / spanned, shift: try (own - centred) / spanned)
            for (running, new) in [(mean, own), (deviation, spread), (known, try known * 0 + 1)] {
                _ = try running.addedInPlace(try (new - running) * Self.share)
            }
            return correction
        }
    }
}
