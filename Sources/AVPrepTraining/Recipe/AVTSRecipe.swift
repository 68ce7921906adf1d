import AVPrepTorch

/// Audio-visual temporal synchronisation: two streams whose embeddings lie together for pairs in sync and a margin apart
/// for others (Korbar, Tran & Torresani, NeurIPS 2018, arXiv 1807.00230).
///
/// With cross-entropy a ``FusionHead`` tells from both embeddings whether they are in sync.
struct AVTSRecipe: TrainingRecipe {
    private static let videoWeights = "video.safetensors"
    private static let audioWeights = "audio.safetensors"

    let model: ModelSettings
    let loss: LossSettings
    let jitter: JitterSettings

    let pairRecipes: Set<String> = ["avts"]
    let measuredSets = ["easy", "hard"]
    let hearsSpectrogram = true
    let tellsOffsets = true
    let collapseAdvice = ", or set train.model.embedding_batch_norm: true"
    /// The video trunk under torchvision's names where it has them, and the audio trunk.
    let weightFiles = [videoWeights, audioWeights]

    init(model: ModelSettings, loss: LossSettings, jitter: JitterSettings = JitterSettings()) {
        self.model = model
        self.loss = loss
        self.jitter = jitter
    }

    var score: PairScore {
        switch loss.kind {
        case .contrastive: PairScore(name: "distance", order: .below)
        case .crossEntropy: FusionHead.score
        }
    }

    var inputs: [any SampleInput] {
        [
            JitteredPictureInput(
                pictures: PictureInput(frames: model.frames, size: model.cropSize, step: model.frameStep),
                brightness: jitter.brightness,
                saturation: jitter.saturation),
            JitteredSpectrogramInput(
                sound: SpectrogramInput(spectrogram: model.spectrogram), volume: jitter.volume),
        ]
    }

    func makeModel(_ inputs: [InputShape], seed: UInt64?, engine: Engine) throws -> any RecipeModel {
        let network = try TwoStreamNetwork(settings: model, sound: inputs.sound, seed: seed, engine: engine)
        let normalization = try PictureNormalization(
            model.video.trunk == .i3d ? .symmetric : .kinetics, engine: engine)
        let criterion: Model.Criterion =
            switch loss.kind {
            case .contrastive: .distance(ContrastiveLoss(loss))
            case .crossEntropy:
                .fusion(
                    try FusionHead(network.store.root / "fusion", from: 2 * model.embedding, hidden: model.fusion))
            }
        return Model(network: network, normalization: normalization, criterion: criterion)
    }

    private struct Model: RecipeModel {
        /// What is made of two embeddings.
        enum Criterion {
            case distance(ContrastiveLoss)
            case fusion(FusionHead)
        }

        let network: TwoStreamNetwork
        let normalization: PictureNormalization
        let criterion: Criterion

        var store: ParameterStore { network.store }

        func loss(of batch: TensorBatch) throws -> Tensor {
            let (video, audio) = try embeddings(of: batch, training: true)
            switch criterion {
            case .distance(let loss): return try loss(video: video, audio: audio, labels: batch.labels).loss
            case .fusion(let head): return try FusionHead.loss(try head(video, audio), labels: batch.labels)
            }
        }

        /// Euclidean distances between picture and sound, or probabilities of being in sync.
        func scores(of batch: TensorBatch) throws -> [Float] {
            let (video, audio) = try embeddings(of: batch, training: false)
            switch criterion {
            case .distance: return try ContrastiveLoss.distances(video, audio).floats()
            case .fusion(let head): return try FusionHead.probabilities(try head(video, audio))
            }
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
