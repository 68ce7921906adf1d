import AVPrepTorch

/// Audio-visual temporal synchronisation: two streams whose embeddings lie together for pairs in sync and a margin apart
/// for others (Korbar, Tran & Torresani, NeurIPS 2018, arXiv 1807.00230).
struct AVTSRecipe: TrainingRecipe {
    private static let videoWeights = "video.safetensors"
    private static let audioWeights = "audio.safetensors"

    let model: ModelSettings
    let loss: LossSettings

    let measuredSets = ["easy", "hard"]
    let score = PairScore(name: "distance", order: .below)
    /// The video trunk under torchvision's names, and the audio trunk.
    let weightFiles = [videoWeights, audioWeights]

    init(model: ModelSettings, loss: LossSettings) {
        self.model = model
        self.loss = loss
    }

    func makeModel(_ shape: ClipShape, seed: UInt64?, engine: Engine) throws -> any RecipeModel {
        Model(
            network: try TwoStreamNetwork(settings: model, audioFrames: shape.audioFrames, seed: seed, engine: engine),
            criterion: ContrastiveLoss(loss))
    }

    private struct Model: RecipeModel {
        let network: TwoStreamNetwork
        let criterion: ContrastiveLoss

        var store: ParameterStore { network.store }

        func loss(of batch: Batch) throws -> Tensor {
            let (clips, spectrograms, labels) = try batch.tensors(engine: store.engine)
            let (video, audio) = try network(clips: clips, spectrograms: spectrograms, training: true)
            return try criterion(video: video, audio: audio, labels: labels).loss
        }

        /// Euclidean distances between picture and sound.
        func scores(of batch: Batch) throws -> [Float] {
            let (clips, spectrograms, _) = try batch.tensors(engine: store.engine)
            let (video, audio) = try network(clips: clips, spectrograms: spectrograms, training: false)
            return try ContrastiveLoss.distances(video, audio).floats()
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
