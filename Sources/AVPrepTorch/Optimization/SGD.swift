import CEngine

/// Stochastic gradient descent with momentum, weight decay and Nesterov acceleration, numerically equal to
/// `torch.optim.SGD`: `v ← μ v + (g + λ p)`, `p ← p − η v`; with Nesterov `p ← p − η (g + λ p + μ v)`.
package final class SGD: Optimizer {
    package var learningRate: Double
    private let momentum: Double
    private let dampening: Double
    private let weightDecay: Double
    private let isNesterov: Bool
    private let parameters: [ParameterStore.Entry]
    private var momenta: OptimizerBuffers

    /// - Parameters:
    ///   - dampening: the gradient is multiplied by one minus this before it enters the momentum, except in the first
    ///     step.
    ///   - weightDecay: applies to all parameters, including biases and batch normalisation, as in torch.
    package init(
        _ parameters: [ParameterStore.Entry], learningRate: Double, momentum: Double = 0, dampening: Double = 0,
        weightDecay: Double = 0, isNesterov: Bool = false
    ) {
        self.parameters = parameters
        self.learningRate = learningRate
        self.momentum = momentum
        self.dampening = dampening
        self.weightDecay = weightDecay
        self.isNesterov = isNesterov
        momenta = OptimizerBuffers("momentum", for: parameters)
    }

    package convenience init(_ parameters: [ParameterStore.Entry], settings: OptimizerSettings) {
        self.init(
            parameters, learningRate: settings.learningRate, momentum: settings.momentum,
            weightDecay: settings.weightDecay, isNesterov: settings.nesterov)
    }

    package func step() throws {
        guard let engine = parameters.first?.tensor.engine else { return }
        let handles = parameters.map(\.tensor.handle)
        let status = momenta.withSlots {
            engine.api.sgd_step(
                handles, $0, Int32(handles.count), learningRate, momentum, dampening, weightDecay, isNesterov ? 1 : 0)
        }
        try engine.check(status, "take a step of gradient descent")
    }

    package func clearGradients() throws { try parameters.clearGradients() }

    package func state() throws -> [String: HostTensor] { try momenta.values() }

    package func restore(_ state: [String: HostTensor]) throws { try momenta.restore(state) }
}
