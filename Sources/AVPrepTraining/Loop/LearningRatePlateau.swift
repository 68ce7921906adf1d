import AVPrepTorch

/// The learning rate that steps down when the loss stops falling: AVTS multiplies it by 0.1 each time the loss fails to
/// decrease for more than 5 epochs (Korbar et al., NeurIPS 2018). The rule of `torch.optim.lr_scheduler.ReduceLROnPlateau` with
/// `threshold=0`.
package struct LearningRatePlateau: Sendable, Equatable, Codable {
    /// The rate of the next step.
    package private(set) var learningRate: Double
    /// The lowest loss of an epoch so far in this stage; nil before its first.
    package private(set) var lowestLoss: Double?
    /// Epochs in a row that did not fall below it.
    package private(set) var epochsWithoutFall = 0

    package init(learningRate: Double) { self.learningRate = learningRate }

    /// Takes an epoch's mean loss, and lowers the rate when the loss has not fallen for more than the patience. A loss
    /// that is not a number has not fallen.
    mutating func endEpoch(loss: Double, settings: OptimizerSettings) {
        if loss < lowestLoss ?? .infinity {
            lowestLoss = loss
            epochsWithoutFall = 0
        } else {
            epochsWithoutFall += 1
        }
        if epochsWithoutFall > settings.plateauPatience {
            learningRate *= settings.plateauFactor
            epochsWithoutFall = 0
        }
    }

    /// Begins a stage: its losses are compared with each other alone, because harder negatives mean a higher loss.
    ///
    /// - Parameter learningRate: the stage's own rate; 0 keeps the current rate.
    package mutating func beginStage(learningRate: Double) {
        if learningRate > 0 { self.learningRate = learningRate }
        lowestLoss = nil
        epochsWithoutFall = 0
    }
}
