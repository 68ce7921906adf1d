import AVPrepCore
import AVPrepTorch

/// Does a clip play forwards or backwards? Stacked optical flow, T segments, one logit (Wei et al., CVPR 2018).
///
/// The label 1 is forwards. Of the model's settings the picture's width, `crop_size` and `segments` have a meaning here.
struct ArrowOfTimeRecipe: TrainingRecipe {
    private static let videoWeights = "video.safetensors"

    let model: ModelSettings

    let pairRecipes: Set<String> = ["arrow-of-time"]
    let measuredSets = ["arrow_of_time"]
    let tellsOffsets = false
    let hearsSpectrogram = false
    let collapseAdvice = ""
    let score = PairScore(name: "probability", order: .above)
    let weightFiles = [videoWeights]

    var inputs: [any SampleInput] { [FlowInput(size: model.cropSize, segments: max(1, model.segments))] }

    func makeModel(_ inputs: [InputShape], seed: UInt64?, engine: Engine) throws -> any RecipeModel {
        Model(
            network: try Self.network(
                model, planes: inputs[FlowInput.name]?.sizes[0] ?? 0, seed: seed, engine: engine))
    }

    /// The network that these settings describe.
    ///
    /// - Parameter planes: of flow in a clip, two a picture.
    /// - Throws: ``TrainingError`` (`.settings`) for sizes that make no network.
    static func network(_ model: ModelSettings, planes: Int, answers: Int = 1, seed: UInt64?, engine: Engine) throws
        -> ArrowNetwork
    {
        try model.check([
            (.videoWidth, model.video.width, 1024), (.segments, model.segments, 1024),
        ])
        guard model.cropSize >= ArrowNetwork.reduction, model.cropSize <= 4096 else {
            throw TrainingError(
                .settings,
                "\(TrainKey.cropSize) is \(model.cropSize); give a number from \(ArrowNetwork.reduction) to 4096")
        }
        return try ArrowNetwork(
            width: model.video.width, pictures: planes / 2, segments: model.segments, answers: answers, seed: seed,
            engine: engine)
    }

    /// A batch's pairs, in their order, follow from the run's seed and the epoch. So each run and each step drops other
    /// values, a run that goes on drops what it would have dropped, and no counter is read from a device.
    static func dropoutSeed(of pairs: [Int]) -> UInt64 {
        pairs.reduce(SeededRandom.hash("T-CAM")) { SeededRandom.combine($0, UInt64(truncatingIfNeeded: $1)) }
    }

    private struct Model: LocalisingModel {
        let network: ArrowNetwork

        var store: ParameterStore { network.store }

        func loss(of batch: TensorBatch) throws -> Tensor {
            try logits(of: batch, training: true).binaryCrossEntropy(targets: batch.labels)
        }

        /// Probabilities of playing forwards.
        func scores(of batch: TensorBatch) throws -> [Float] {
            FusionHead.probabilities(ofLogits: try logits(of: batch, training: false).floats())
        }

        func activations(of batch: TensorBatch) throws -> Activations {
            let (logits, features) = try network.located(input(of: batch))
            return Activations(
                scores: FusionHead.probabilities(ofLogits: try logits.floats()), picture: features, sound: nil)
        }

        private func input(of batch: TensorBatch) throws -> Tensor {
            try batch[FlowInput.name].converted(to: .float32) - 128
        }

        private func logits(of batch: TensorBatch, training: Bool) throws -> Tensor {
            try network(
                try input(of: batch), training: training,
                dropoutSeed: training ? ArrowOfTimeRecipe.dropoutSeed(of: batch.pairs) : 0)
        }

        func weights(for file: String) throws -> [String: HostTensor] {
            precondition(file == ArrowOfTimeRecipe.videoWeights, "T-CAM leaves no \(file)")
            return try store.values()
        }
    }
}
