package import AVPrepCore

/// How parameters are updated, and how the learning rate runs.
package struct OptimizerSettings: Sendable, Equatable, StoredSettings {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        /// Stochastic gradient descent with momentum, as in AVTS.
        case sgd
        /// As in L3-Net.
        case adam
        case adamW = "adamw"
    }

    /// How the learning rate runs after the warm-up.
    package enum Schedule: String, Sendable, Codable, CaseIterable {
        /// Lower when the loss of an epoch stops falling, as in AVTS: `plateau_factor`, `plateau_patience`.
        case plateau
        /// Times `step_factor` every `step_epochs` epochs.
        case step
        /// Along half a cosine to 0 at the end of the run (Loshchilov & Hutter, arXiv 1608.03983, without restarts).
        case cosine
        case constant
    }

    package var kind = Kind.sgd
    package var learningRate = 0.01
    /// Of gradient descent.
    package var momentum = 0.9
    package var weightDecay = 1e-4
    package var nesterov = false
    /// Decay of Adam's moments.
    package var beta1 = 0.9
    package var beta2 = 0.999
    /// What Adam adds to the root of its second moment.
    package var epsilon = 1e-8
    /// Largest Euclidean norm of all gradients together; 0: not limited.
    package var clipNorm = 0.0
    package var schedule = Schedule.plateau
    /// Steps in which the rate rises linearly to its full height at the begin of the run.
    package var warmupSteps = 0
    /// The learning rate is multiplied by this on a plateau. AVTS: 0.1.
    package var plateauFactor = 0.1
    /// Epochs without a lower training loss before that happens. AVTS: 5.
    package var plateauPatience = 5
    package var stepFactor = 0.1
    package var stepEpochs = 30

    package init() {}

    /// Before, there was gradient descent with the plateau's rule, and nothing else.
    package static var laterKeys: [String: LaterKey] {
        [
            "kind": .omitted(at: Kind.sgd), "beta1": .omitted(at: 0.9), "beta2": .omitted(at: 0.999),
            "epsilon": .omitted(at: 1e-8), "clipNorm": .omitted(at: 0.0), "schedule": .omitted(at: Schedule.plateau),
            "warmupSteps": .omitted(at: 0), "stepFactor": .omitted(at: 0.1), "stepEpochs": .omitted(at: 30),
        ]
    }
}
