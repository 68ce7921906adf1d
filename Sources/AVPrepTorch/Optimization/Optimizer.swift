import CEngine

/// Updates parameters by their gradients.
package protocol Optimizer: AnyObject {
    var learningRate: Double { get set }

    /// Updates every parameter that has a gradient.
    func step() throws

    /// Removes all gradients; call it before ``Tensor/backward()``.
    func clearGradients() throws

    /// The optimiser's state besides parameters and settings, by name, for a checkpoint.
    func state() throws -> [String: HostTensor]

    /// Resumes from a ``state()``.
    ///
    /// - Throws: `TorchError(.weights)` when the state does not belong to these parameters.
    func restore(_ state: [String: HostTensor]) throws
}

/// One buffer per parameter, created by the engine at the parameter's first step.
struct OptimizerBuffers {
    private let name: String
    private let parameters: [ParameterStore.Entry]
    private var buffers: [Tensor?]

    /// - Parameter name: the buffers are named `NAME.PARAMETER`.
    init(_ name: String, for parameters: [ParameterStore.Entry]) {
        self.name = name
        self.parameters = parameters
        buffers = Array(repeating: nil, count: parameters.count)
    }

    /// Passes the buffers' handles to `body`, including nil ones, and takes ownership of those that it creates.
    mutating func withSlots<Result>(_ body: (UnsafeMutablePointer<OpaquePointer?>) throws -> Result) rethrows -> Result
    {
        var slots = buffers.map { $0?.handle }
        // An empty array may have no address; the additional slot ensures that there is one.
        slots.append(nil)
        defer {
            for index in buffers.indices where buffers[index] == nil {
                buffers[index] = slots[index].map { Tensor(owning: $0, engine: parameters[index].tensor.engine) }
            }
        }
        return try slots.withUnsafeMutableBufferPointer { pointer in
            // Not nil, because of the additional slot.
            try body(pointer.baseAddress!)
        }
    }

    func values() throws -> [String: HostTensor] {
        var values: [String: HostTensor] = [:]
        for (parameter, buffer) in zip(parameters, buffers) {
            if let buffer { values["\(name).\(parameter.name)"] = try buffer.host() }
        }
        return values
    }

    mutating func restore(_ values: [String: HostTensor]) throws {
        for (index, parameter) in parameters.enumerated() {
            let key = "\(name).\(parameter.name)"
            guard let value = values[key] else {
                buffers[index] = nil
                continue
            }
            guard value.type == .float32, value.shape == parameter.tensor.shape else {
                throw TorchError(
                    .weights,
                    "the optimiser's \(key) is \(value.type) \(value.shape), but its parameter is \(parameter.tensor.shape); "
                        + "resume with the model settings the run began with")
            }
            buffers[index] = try Tensor(value, engine: parameter.tensor.engine)
        }
    }
}

extension [ParameterStore.Entry] {
    /// The optimiser that these settings describe, for these parameters.
    package func optimizer(_ settings: OptimizerSettings) -> any Optimizer {
        switch settings.kind {
        case .sgd: SGD(self, settings: settings)
        case .adam, .adamW: Adam(self, settings: settings)
        }
    }

    /// Scales all gradients so that their common Euclidean norm is at most `maximum` (Pascanu et al., arXiv 1211.5063), as
    /// `torch.nn.utils.clip_grad_norm_` does.
    ///
    /// - Returns: the norm before, one number that need not be computed yet; nil without parameters.
    package func clipGradients(to maximum: Double) throws -> Tensor? {
        guard let engine = first?.tensor.engine else { return nil }
        let handles = map(\.tensor.handle)
        return try Tensor.make(engine, "clip gradients to \(maximum)") {
            engine.api.clip_gradients($0, handles, Int32(handles.count), maximum)
        }
    }

    func clearGradients() throws {
        for parameter in self { try parameter.tensor.clearGradient() }
    }
}
