import AVPrepTorch

/// L3-Net's audio-visual correspondence: one frame and a second of sound, from the same moment or from two videos
/// (Arandjelović & Zisserman, ICCV 2017, arXiv 1705.08168).
///
/// The loss is always the cross-entropy; of the model's settings, both widths, `crop_size`, `spectrogram` and `fusion` have a
/// meaning here.
struct L3Recipe: TrainingRecipe {
    private static let videoWeights = "video.safetensors"
    private static let audioWeights = "audio.safetensors"

    let model: ModelSettings
    let jitter: JitterSettings

    let pairRecipes: Set<String> = ["l3"]
    let measuredSets = ["l3"]
    /// A frame belongs to any second of sound around it.
    let tellsOffsets = false
    let hearsSpectrogram = true
    let collapseAdvice = ""
    let score = FusionHead.score
    let weightFiles = [videoWeights, audioWeights]

    /// The model's `frames` is left to ``ShardDataset/checkAgreement(with:)``: a pair of this recipe has one.
    var inputs: [any SampleInput] {
        [
            JitteredPictureInput(
                pictures: PictureInput(frames: 1, size: model.cropSize), brightness: jitter.brightness,
                saturation: jitter.saturation),
            JitteredSpectrogramInput(
                sound: SpectrogramInput(spectrogram: model.spectrogram), volume: jitter.volume),
        ]
    }

    func makeModel(_ inputs: [InputShape], seed: UInt64?, engine: Engine) throws -> any RecipeModel {
        Model(
            network: try CorrespondenceNetwork(
                settings: model, sound: inputs.sound, seed: seed, engine: engine),
            normalization: try PictureNormalization(.symmetric, engine: engine))
    }

    private struct Model: LocalisingModel {
        let network: CorrespondenceNetwork
        let normalization: PictureNormalization

        var store: ParameterStore { network.store }

        func loss(of batch: TensorBatch) throws -> Tensor {
            try FusionHead.loss(try logits(of: batch, training: true), labels: batch.labels)
        }

        /// Probabilities of belonging together.
        func scores(of batch: TensorBatch) throws -> [Float] {
            try FusionHead.probabilities(try logits(of: batch, training: false))
        }

        func activations(of batch: TensorBatch) throws -> Activations {
            let (logits, picture, sound) = try network.located(
                pictures: try normalization.frames(batch[PictureInput.name]),
                spectrograms: batch[SpectrogramInput.name])
            return Activations(scores: try FusionHead.probabilities(logits), picture: picture, sound: sound)
        }

        private func logits(of batch: TensorBatch, training: Bool) throws -> Tensor {
            try network(
                pictures: try normalization.frames(batch[PictureInput.name]),
                spectrograms: batch[SpectrogramInput.name], training: training)
        }

        func weights(for file: String) throws -> [String: HostTensor] { try L3Recipe.weights(of: store, for: file) }
    }

    static func weights(of store: ParameterStore, for file: String) throws -> [String: HostTensor] {
        switch file {
        case videoWeights: try store.values(under: "video.")
        case audioWeights: try store.values(under: "audio.")
        default: preconditionFailure("L3-Net leaves no \(file)")
        }
    }
}

extension [InputShape] {
    /// Frames and bins of the spectrogram.
    var sound: (frames: Int, bins: Int) {
        let sizes = self[SpectrogramInput.name]?.sizes ?? [1, 0, 0]
        return (frames: sizes[1], bins: sizes[2])
    }
}
