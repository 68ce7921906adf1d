import AVPrepTorch

/// A published way of learning from pairs: all that the loop, checkpoints, evaluation and reports know of it.
///
/// A recipe is a value made of settings (``TrainSettings/recipe``); it makes a ``RecipeModel``, which holds the weights.
/// Data, order, optimiser, checkpoints and reports are the same for all recipes.
protocol TrainingRecipe: Sendable {
    /// The recipes of pair sets that it can learn from (`shard.pairs.recipe`).
    var pairRecipes: Set<String> { get }
    /// What a sample consists of.
    var inputs: [any SampleInput] { get }
    /// The pair sets that are measured on the validation and the test split, where these hold them. The first one's
    /// validation pairs choose the threshold that stands for all sets.
    var measuredSets: [String] { get }
    /// What ``RecipeModel/scores(of:)`` are, and on which side of a threshold a pair counts as in sync.
    var score: PairScore { get }
    /// Whether its samples have the spectrogram of `train.model.spectrogram`, whose mean and deviation are then taken.
    var hearsSpectrogram: Bool { get }
    /// Which pairs training shows.
    var shownPairs: EpochOrder.Rows { get }
    /// Whether a pair's score tells at which offset its sound belongs to its picture (``OffsetHistogram``).
    var tellsOffsets: Bool { get }
    /// What to do about a model that says the same of all pairs, beside a lower rate; a whole clause, or empty.
    var collapseAdvice: String { get }
    /// Files with the trained weights that a finished run leaves in its folder, for other tools.
    var weightFiles: [String] { get }

    /// Makes the model.
    ///
    /// - Parameters:
    ///   - inputs: what it is fed.
    ///   - seed: what the first weights are drawn by; nil for a model whose weights are about to be read from a file.
    /// - Throws: ``TrainingError`` (`.settings`) for sizes that make no model; what the engine throws.
    func makeModel(_ inputs: [InputShape], seed: UInt64?, engine: Engine) throws -> any RecipeModel
}

extension TrainingRecipe {
    var shownPairs: EpochOrder.Rows { .both }
}

/// A model with its weights, as a ``TrainingRecipe`` makes it. Belongs to one thread.
protocol RecipeModel {
    /// All tensors, by the names that checkpoints give them.
    var store: ParameterStore { get }

    /// The loss of a batch in training: one number, recorded for gradients.
    func loss(of batch: TensorBatch) throws -> Tensor

    /// The score of each pair of a batch, in its order, in evaluation. The caller turns off the recording of gradients.
    func scores(of batch: TensorBatch) throws -> [Float]

    /// The tensors of one of ``TrainingRecipe/weightFiles``.
    func weights(for file: String) throws -> [String: HostTensor]
}

/// What a recipe's model says of a pair.
struct PairScore: Sendable {
    /// Which scores mean that a pair is in sync.
    enum Order: Sendable {
        /// Scores below the threshold, as of distances.
        case below
        /// Scores above the threshold, as of probabilities of being in sync.
        case above
    }

    /// The field's word for it, e.g. `distance`.
    let name: String
    let order: Order

    /// How thresholds are chosen, in words.
    var rule: String {
        """
        a pair is in sync when its \(name) is \(order == .below ? "below" : "above") the threshold; thresholds maximise \
        accuracy on the validation split, the middle one of several equally good
        """
    }
}

extension TrainSettings {
    /// The recipe that these settings describe.
    var recipe: any TrainingRecipe {
        classifier.classes.isEmpty ? pairRecipe : ClassifierRecipe(settings: self, base: pairRecipe)
    }

    private var pairRecipe: any TrainingRecipe {
        switch recipeName {
        case .avts: AVTSRecipe(model: model, loss: loss, jitter: jitter)
        case .l3: L3Recipe(model: model, jitter: jitter)
        case .l3Labels: L3LabelsRecipe(l3: L3Recipe(model: model, jitter: jitter))
        case .arrowOfTime: ArrowOfTimeRecipe(model: model)
        case .multisensory: MultisensoryRecipe(model: model, jitter: jitter)
        case .separation: SeparationRecipe(settings: separation, model: model, jitter: jitter)
        }
    }

    /// Files with the trained weights that a finished run leaves in its folder.
    package var weightFiles: [String] { recipe.weightFiles }
}
