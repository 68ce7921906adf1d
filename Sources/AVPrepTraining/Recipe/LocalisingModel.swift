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
    /// `[N, C, T, H, W]`: T steps of time, 1 for what has none of its own; of a spectrogram H is 1 and W the bins.
    let values: Tensor
    /// What one more of each channel adds to the logit of "in sync" (or of "forwards"): `[N, C]`.
    let weights: Tensor

    /// - Parameter values: `[N, C, H, W]` of one picture.
    static func picture(_ values: Tensor, weights: Tensor) throws -> LocatedFeatures {
        let shape = values.shape
        return LocatedFeatures(
            values: try values.reshaped([shape[0], shape[1], 1, shape[2], shape[3]]), weights: weights)
    }

    /// - Parameter values: `[N, C, F, B]` of F frames and B bins.
    static func spectrogram(_ values: Tensor, weights: Tensor) throws -> LocatedFeatures {
        let shape = values.shape
        return LocatedFeatures(
            values: try values.reshaped([shape[0], shape[1], shape[2], 1, shape[3]]), weights: weights)
    }

    /// The features of each sample weighted and summed: `[N, T, H, W]`.
    func map(weights: Tensor) throws -> Tensor {
        let shape = values.shape
        return try (values * weights.reshaped([shape[0], shape[1], 1, 1, 1])).sum([1])
    }

    /// The largest value of each channel: `[N, C]`.
    func peaks() throws -> Tensor { try values.maximum([2, 3, 4]) }
}
