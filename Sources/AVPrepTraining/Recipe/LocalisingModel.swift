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
    /// How strongly each place speaks for "in sync" (or "forwards"): `[N, T, H, W]`, above 0 for it.
    let answer: Tensor

    private init(values: Tensor, answer: Tensor) {
        self.values = values
        self.answer = answer
    }

    /// Features whose weighted average is the answer: weighted, they are its map.
    ///
    /// - Parameters:
    ///   - values: `[N, C, T, H, W]`.
    ///   - weights: what one more of each channel adds to the logit, `[N, C]`.
    static func averaged(_ values: Tensor, weights: Tensor) throws -> LocatedFeatures {
        LocatedFeatures(values: values, answer: try map(values, weights))
    }

    /// Features of which another network takes what it wants.
    ///
    /// - Parameters:
    ///   - values: `[N, C, H, W]` of one picture; of a spectrogram `[N, C, F, B]` of F frames and B bins.
    ///   - isSound: whether it is one.
    ///   - answer: of `[N, H · W, C]`, row by row, how strongly each speaks for it: `[N, H · W]`.
    static func placed(_ values: Tensor, isSound: Bool, answer: (Tensor) throws -> Tensor) throws -> LocatedFeatures {
        let shape = values.shape
        let size = isSound ? [shape[2], 1, shape[3]] : [1, shape[2], shape[3]]
        let places = try values.reshaped([shape[0], shape[1], shape[2] * shape[3]]).permuted([0, 2, 1])
        return LocatedFeatures(
            values: try values.reshaped([shape[0], shape[1]] + size),
            answer: try answer(places).reshaped([shape[0]] + size))
    }

    /// The features of each sample weighted and summed: `[N, T, H, W]`.
    func map(weights: Tensor) throws -> Tensor { try Self.map(values, weights) }

    private static func map(_ values: Tensor, _ weights: Tensor) throws -> Tensor {
        let shape = values.shape
        return try (values * weights.reshaped([shape[0], shape[1], 1, 1, 1])).sum([1])
    }

    /// The largest value of each channel: `[N, C]`.
    func peaks() throws -> Tensor { try values.maximum([2, 3, 4]) }
}
