import AVPrepTorch

/// A model whose answer is a weighted sum of features that know where they are, so that it can be shown what of a sample
/// speaks for it: class activation maps (Zhou, Khosla, Lapedriza, Oliva & Torralba, "Learning Deep Features for Discriminative
/// Localization", CVPR 2016).
protocol LocalisingModel: RecipeModel {
    /// The features behind the scores of a batch, in evaluation. The caller turns off the recording of gradients.
    func activations(of batch: TensorBatch) throws -> Activations
}

/// What the answers of a batch are made of.
struct Activations {
    /// ``RecipeModel/scores(of:)`` of the same batch.
    let scores: [Float]
    let picture: LocatedFeatures
    /// Of a spectrogram; nil for a model that hears none.
    let sound: LocatedFeatures?
}

/// Features before they are pooled.
struct LocatedFeatures {
    /// How they are pooled, which decides what their map is.
    enum Pooling {
        /// Every place counts alike: the weighted features are the class activation map.
        case average
        /// Of each channel its largest value alone counts. Channels that are as large in every clip say nothing of this one,
        /// wherever they are; so each is weighed by how far its maximum lies above that of the average clip.
        case maximum
    }

    /// `[N, C, T, H, W]`: T steps of time, 1 for what has none of its own; of a spectrogram H is 1 and W the bins.
    let values: Tensor
    /// What one more of each channel adds to the logit of "in sync" (or of "forwards"): `[N, C]`.
    let weights: Tensor
    let pooling: Pooling

    /// - Parameter values: `[N, C, H, W]` of one picture.
    static func picture(_ values: Tensor, weights: Tensor, pooling: Pooling) throws -> LocatedFeatures {
        let shape = values.shape
        return LocatedFeatures(
            values: try values.reshaped([shape[0], shape[1], 1, shape[2], shape[3]]), weights: weights,
            pooling: pooling)
    }

    /// - Parameter values: `[N, C, F, B]` of F frames and B bins.
    static func spectrogram(_ values: Tensor, weights: Tensor, pooling: Pooling) throws -> LocatedFeatures {
        let shape = values.shape
        return LocatedFeatures(
            values: try values.reshaped([shape[0], shape[1], shape[2], 1, shape[3]]), weights: weights,
            pooling: pooling)
    }

    /// The features of each sample weighted and summed: `[N, T, H, W]`.
    func map(weights: Tensor) throws -> Tensor {
        let shape = values.shape
        return try (values * weights.reshaped([shape[0], shape[1], 1, 1, 1])).sum([1])
    }

    /// The weights of the answer's map: `[N, C]`.
    ///
    /// - Parameter usual: the mean over clips of each channel's maximum, `[C]`.
    func mapWeights(usual: [Float]) throws -> Tensor {
        guard pooling == .maximum else { return weights }
        let peaks = try peaks().converted(to: .float32)
        // The excess over the usual, shared out over places as the channel is: all of it where the channel is largest.
        let shares = try peaks.floats().enumerated().map { index, peak in
            peak > 0 ? max(0, peak - usual[index % usual.count]) / peak : 0
        }
        return try weights.converted(to: .float32) * Tensor(shares, shape: peaks.shape, engine: values.engine)
    }

    /// The largest value of each channel: `[N, C]`.
    func peaks() throws -> Tensor { try values.maximum([2, 3, 4]) }
}
