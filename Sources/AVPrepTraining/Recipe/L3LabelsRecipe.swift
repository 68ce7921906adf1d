import AVPrepTorch

/// The supervised baselines of L3-Net: both trunks learn the labels of a manifest.
///
/// Evaluated as it is, this is the paper's *direct combination*: a pair's score is the scalar product of the classes'
/// probabilities by picture and by sound. *Supervised pretraining* is ``L3Recipe`` begun with its weights
/// (`train.model.video.weights`, `train.model.audio.weights`), both trunks frozen.
struct L3LabelsRecipe: TrainingRecipe {
    let l3: L3Recipe

    var pairRecipes: Set<String> { l3.pairRecipes }
    var measuredSets: [String] { l3.measuredSets }
    let tellsOffsets = false
    let hearsSpectrogram = true
    let collapseAdvice = ""
    let score = PairScore(name: "product", order: .above)
    var weightFiles: [String] { l3.weightFiles }

    var inputs: [any SampleInput] { l3.inputs + [LabelInput(side: .picture), LabelInput(side: .sound)] }

    func makeModel(_ inputs: [InputShape], seed: UInt64?, engine: Engine) throws -> any RecipeModel {
        try CorrespondenceNetwork.check(l3.model, inputs.sound)
        let classes = inputs[LabelInput.name(.picture)]?.sizes[0] ?? 0
        return Model(
            network: try LabelNetwork(settings: l3.model, classes: classes, seed: seed, engine: engine),
            normalization: try PictureNormalization(.symmetric, engine: engine))
    }

    private struct Model: RecipeModel {
        let network: LabelNetwork
        let normalization: PictureNormalization

        var store: ParameterStore { network.store }

        /// The cross-entropies of both, each averaged over the batch.
        func loss(of batch: TensorBatch) throws -> Tensor {
            let (video, audio) = try classes(of: batch, training: true)
            let fit =
                try video * batch[LabelInput.name(.picture)] + audio * batch[LabelInput.name(.sound)]
            return try fit.sum([1]).mean() * -1
        }

        func scores(of batch: TensorBatch) throws -> [Float] {
            let (video, audio) = try classes(of: batch, training: false)
            return try LabelNetwork.products(video, audio)
        }

        private func classes(of batch: TensorBatch, training: Bool) throws -> (video: Tensor, audio: Tensor) {
            try network(
                pictures: try normalization.frames(batch[PictureInput.name]),
                spectrograms: batch[SpectrogramInput.name], training: training)
        }

        func weights(for file: String) throws -> [String: HostTensor] { try L3Recipe.weights(of: store, for: file) }
    }
}
