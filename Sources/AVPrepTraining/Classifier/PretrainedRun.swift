import AVPrepCore
import AVPrepTorch

/// A trained run as the beginning of another: its settings, and the file of its weights.
package struct PretrainedRun: Sendable {
    package let settings: TrainSettings
    /// The best weights by validation, or the last where there was none.
    package let weights: RunFolder.Weights
    package let checkpoint: String
    package let epochs: Int
    /// What it normalises sound with.
    package let statistics: SpectrogramStatistics

    /// - Throws: ``TrainingError`` when there is no such run, or its checkpoint cannot be read.
    package init(_ run: String) throws {
        let folder = RunFolder(run)
        let weights: RunFolder.Weights = try folder.has(.best) ? .best : .last
        guard try folder.has(weights) else {
            throw TrainingError(.settings, "\(run) has no checkpoint; run `avprep train`, or name another run")
        }
        let state = try TrainingCheckpoint.load(folder.checkpoint(weights)).state
        settings = state.settings
        epochs = state.epoch
        statistics = state.statistics
        self.weights = weights
        checkpoint = folder.checkpoint(weights)
    }

    /// All tensors of its model.
    func tensors() throws -> [String: HostTensor] { try TrainingCheckpoint.load(checkpoint).model }

    /// The settings of a classifier that begins with it: its network, all else as `other` has it.
    package func network(in other: TrainSettings) -> TrainSettings {
        var made = other
        made.recipeName = settings.recipeName
        made.model = settings.model
        return made
    }
}

extension TrainSettings {
    /// A run that learns classes, by these settings of the network and of what a run is besides.
    ///
    /// - Parameters:
    ///   - classes: their names.
    ///   - weights: the file that the network begins with but for its answers; empty: none.
    /// - Throws: ``TrainingError`` (`.settings`) for recipes whose networks tell no classes.
    package func classifying(_ classes: [String], weights: String, _ finetune: FinetuneSettings) throws -> TrainSettings
    {
        if recipeName == .separation || recipeName == .l3Labels { throw ClassifierRecipe.refusal(of: recipeName) }
        var made = self
        // As many frames as a clip has, whatever the run took.
        made.model.frames = 0
        made.model.video.weights = ""
        made.model.audio.weights = ""
        made.model.multisensory.weights = ""
        made.model.multisensory.anew = []
        made.classifier.classes = classes
        made.classifier.weights = weights
        made.batchSize = finetune.batchSize
        made.accumulate = 1
        made.syncBatchNorm = false
        made.pairsPerEpoch = 0
        made.optimizer = finetune.optimizer
        made.stages = [
            StageSettings(
                name: "classes", set: "classes", epochs: finetune.epochs,
                freeze: made.frozenParts(learning: finetune.learns))
        ]
        return made
    }
}
