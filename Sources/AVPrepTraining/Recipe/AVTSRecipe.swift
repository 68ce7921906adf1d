import AVPrepTorch

/// Audio-visual temporal synchronisation: two streams whose embeddings lie together for pairs in sync and a margin apart
/// for others (Korbar, Tran & Torresani, NeurIPS 2018, arXiv 1807.00230).
struct AVTSRecipe: TrainingRecipe {
    private static let videoWeights = "video.safetensors"
    private static let audioWeights = "audio.safetensors"

    let model: ModelSettings
    let loss: LossSettings

    let pairRecipes: Set<String> = ["avts"]
    let measuredSets = ["easy", "hard"]
    let score = PairScore(name: "distance", order: .below)
    /// The video trunk under torchvision's names, and the audio trunk.
    let weightFiles = [videoWeights, audioWeights]

    init(model: ModelSettings, loss: LossSettings) {
        self.model = model
        self.loss = loss
    }

    var inputs: [any SampleInput] {
        [
            PictureInput(frames: model.frames, size: model.cropSize),
            SpectrogramInput(spectrogram: model.spectrogram),
        ]
    }

    func makeModel(_ inputs: [InputShape], seed: UInt64?, engine: Engine) throws -> any RecipeModel {
        let audioFrames = inputs[SpectrogramInput.name]?.sizes[1] ?? 0
        return Model(
            network: try TwoStreamNetwork(settings: model, audioFrames: audioFrames, seed: seed, engine: engine),
            normalization: try PictureNormalization(engine: engine), criterion: ContrastiveLoss(loss))
    }

    private struct Model: RecipeModel {
        let network: TwoStreamNetwork
        let normalization: PictureNormalization
        let criterion: ContrastiveLoss

        var store: ParameterStore { network.store }

        func loss(of batch: TensorBatch) throws -> Tensor {
            let (video, audio) = try embeddings(of: batch, training: true)
            return try criterion(video: video, audio: audio, labels: batch.labels).loss
        }

        /// Euclidean distances between picture and sound.
        func scores(of batch: TensorBatch) throws -> [Float] {
            let (video, audio) = try embeddings(of: batch, training: false)
            return try ContrastiveLoss.distances(video, audio).floats()
        }

        private func embeddings(of batch: TensorBatch, training: Bool) throws -> (video: Tensor, audio: Tensor) {
            try network(
                clips: try normalization(batch[PictureInput.name]), spectrograms: batch[SpectrogramInput.name],
                training: training)
        }

        func weights(for file: String) throws -> [String: HostTensor] {
            switch file {
            case AVTSRecipe.videoWeights: try network.torchvisionVideoWeights()
            case AVTSRecipe.audioWeights: try store.values(under: "audio.")
            default: preconditionFailure("AVTS leaves no \(file)")
            }
        }
    }
}
