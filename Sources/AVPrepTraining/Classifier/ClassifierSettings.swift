import AVPrepCore

/// What makes of a run one that tells classes: the network of its recipe, with an answer a class in place of its own
/// (``ClassifierRecipe``). `avprep finetune` sets it; it has no keys in the pipeline file.
package struct ClassifierSettings: Sendable, Equatable, StoredSettings {
    /// The names of the classes, in the order of the answers; empty for a run that learns what its recipe says.
    package var classes: [String] = []
    /// The file that the network begins with, but for its answers: a run's checkpoint, or torchvision's weights; empty: none.
    package var weights = ""

    package init() {}
}

/// Which layers of a network learn new classes: the columns of Arrow of Time's table (Wei et al., CVPR 2018).
package enum LearntLayers: String, Sendable, Codable, CaseIterable {
    case all
    /// From where the parts of a clip, or picture and sound, are joined; in networks that join nothing, from the last of
    /// their stages on.
    case afterFusion = "after-fusion"
    case lastLayer = "last-layer"
}
