import AVPrepTorch
import Foundation

/// Classes instead of pairs: the clips of another recipe with the labels of their videos, and cross-entropy.
struct ClassifierRecipe: TrainingRecipe {
    static let weights = "classifier.safetensors"

    let settings: TrainSettings
    let base: any TrainingRecipe

    var pairRecipes: Set<String> { [] }
    /// Nothing is measured while it learns: the papers take the last weights.
    var measuredSets: [String] { [] }
    let tellsOffsets = false
    let collapseAdvice = ""
    let score = PairScore(name: "probability", order: .above)
    let weightFiles = [Self.weights]
    let shownPairs = EpochOrder.Rows.inSync

    var hearsSpectrogram: Bool { inputs.contains { $0.name == SpectrogramInput.name } }

    /// What the base is fed, without what it hears beside; and the labels.
    var inputs: [any SampleInput] {
        let own: [any SampleInput] =
            switch settings.recipeName {
            case .avts, .l3: Array(base.inputs.prefix(1))
            case .arrowOfTime:
                [
                    FlowInput(
                        size: settings.model.cropSize, segments: max(1, settings.model.segments), playsBackwards: false)
                ]
            case .multisensory: base.inputs.filter { !($0 is OwnSoundInput) }
            case .l3Labels, .separation: []
            }
        return own + [LabelInput(side: .picture)]
    }

    func makeModel(_ inputs: [InputShape], seed: UInt64?, engine: Engine) throws -> any RecipeModel {
        ClassifierModel(network: try ClassifierNetwork(settings, inputs, seed: seed, engine: engine))
    }

    static func refusal(of recipe: TrainSettings.RecipeName) -> TrainingError {
        TrainingError(
            .settings,
            """
            a run of \(TrainKey.recipe) \(recipe.rawValue) has no network for classes; name a run of \
            avts, l3, arrow-of-time or multisensory
            """)
    }
}

/// A model that tells classes.
struct ClassifierModel: RecipeModel {
    let network: ClassifierNetwork

    var store: ParameterStore { network.store }

    func loss(of batch: TensorBatch) throws -> Tensor {
        let fit = try network(batch, training: true) * batch[LabelInput.name(.picture)]
        return try fit.sum([1]).mean() * -1
    }

    /// The probability of each clip's own class.
    func scores(of batch: TensorBatch) throws -> [Float] {
        let fit = try network(batch, training: false) * batch[LabelInput.name(.picture)]
        return try fit.sum([1]).floats().map { exp($0) }
    }

    /// The probabilities of all classes, a clip after the other: `[N · classes]`.
    func probabilities(of batch: TensorBatch) throws -> [Float] {
        try network(batch, training: false).floats().map { exp($0) }
    }

    func weights(for file: String) throws -> [String: HostTensor] {
        precondition(file == ClassifierRecipe.weights, "a classifier leaves no \(file)")
        // Torchvision's names where it has the network.
        let seen = try store.values(under: "video.")
        return seen["fc.weight"] == nil ? try store.values() : seen
    }
}
