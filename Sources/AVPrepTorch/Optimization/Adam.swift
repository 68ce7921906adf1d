import CEngine

/// Adam (Kingma & Ba, arXiv 1412.6980), numerically equal to `torch.optim.Adam`, with weight decay added to the
/// gradient; or AdamW (Loshchilov & Hutter, arXiv 1711.05101), equal to `torch.optim.AdamW`, which takes the decay from
/// the weights themselves. Adam is the optimiser of L3-Net.
package final class Adam: Optimizer {
    package var learningRate: Double
    private let beta1: Double
    private let beta2: Double
    private let epsilon: Double
    private let weightDecay: Double
    private let isDecoupled: Bool
    private let parameters: [ParameterStore.Entry]
    private var first: OptimizerBuffers
    private var second: OptimizerBuffers
    private var steps: Int64 = 0

    package init(
        _ parameters: [ParameterStore.Entry], learningRate: Double, beta1: Double = 0.9, beta2: Double = 0.999,
        epsilon: Double = 1e-8, weightDecay: Double = 0, isDecoupled: Bool = false
    ) {
        self.parameters = parameters
        self.learningRate = learningRate
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        self.isDecoupled = isDecoupled
        first = OptimizerBuffers("first", for: parameters)
        second = OptimizerBuffers("second", for: parameters)
    }

    package convenience init(_ parameters: [ParameterStore.Entry], settings: OptimizerSettings) {
        self.init(
            parameters, learningRate: settings.learningRate, beta1: settings.beta1, beta2: settings.beta2,
            epsilon: settings.epsilon, weightDecay: settings.weightDecay, isDecoupled: settings.kind == .adamW)
    }

    package func step() throws {
        guard let engine = parameters.first?.tensor.engine else { return }
        steps += 1
        let handles = parameters.map(\.tensor.handle)
        let status = first.withSlots { first in
            second.withSlots { second in
                engine.api.adam_step(
                    handles, first, second, Int32(handles.count), steps, learningRate, beta1, beta2, epsilon,
                    weightDecay, isDecoupled ? 1 : 0)
            }
        }
        try engine.check(status, "take a step of Adam")
    }

    package func clearGradients() throws { try parameters.clearGradients() }

    package func state() throws -> [String: HostTensor] {
        var state = try first.values().merging(second.values()) { mine, _ in mine }
        state["steps"] = HostTensor(integers: [steps], shape: [])
        return state
    }

    package func restore(_ state: [String: HostTensor]) throws {
        guard let steps = state["steps"], steps.type == .int64, steps.shape.isEmpty, steps.integers[0] >= 0 else {
            throw TorchError(
                .weights, "the optimiser's state is not that of Adam; resume with the settings the run began with")
        }
        try first.restore(state)
        try second.restore(state)
        self.steps = steps.integers[0]
    }
}
