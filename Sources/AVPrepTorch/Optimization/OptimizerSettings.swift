import AVPrepCore

/// Stochastic gradient descent with momentum, and a lower learning rate when the loss stops falling.
package struct OptimizerSettings: Sendable, Equatable, StoredSettings {
    package var learningRate = 0.01
    package var momentum = 0.9
    package var weightDecay = 1e-4
    package var nesterov = false
    /// The learning rate is multiplied by this on a plateau. AVTS: 0.1.
    package var plateauFactor = 0.1
    /// Epochs without a lower training loss before that happens. AVTS: 5.
    package var plateauPatience = 5

    package init() {}
}
