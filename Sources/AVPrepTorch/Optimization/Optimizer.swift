/// Moves parameters against their gradients.
package protocol Optimizer: AnyObject {
    var learningRate: Double { get set }

    /// Moves every parameter that has a gradient.
    func step() throws

    /// Drops all gradients: before ``Tensor/backward()``.
    func clearGradients() throws

    /// What the next step depends on besides parameters and settings, by name, for a checkpoint.
    func state() throws -> [String: HostTensor]

    /// Goes on from a ``state()``.
    ///
    /// - Throws: `TorchError(.weights)` where it is not that of these parameters.
    func restore(_ state: [String: HostTensor]) throws
}

/// One buffer a parameter, made by the engine at the parameter's first step.
struct OptimizerBuffers {
    private let name: String
    private let parameters: [ParameterStore.Entry]
    private var buffers: [Tensor?]

    /// - Parameter name: the buffers are called `NAME.PARAMETER`.
    init(_ name: String, for parameters: [ParameterStore.Entry]) {
        self.name = name
        self.parameters = parameters
        buffers = Array(repeating: nil, count: parameters.count)
    }

    /// Hands `body` the buffers' handles, empty ones included, and adopts those it has made.
    mutating func withSlots<Result>(_ body: (UnsafeMutablePointer<OpaquePointer?>) throws -> Result) rethrows -> Result
    {
        var slots = buffers.map { $0?.handle }
        // A buffer whose parameters are none has no address; one spare place gives it one.
        slots.append(nil)
        defer {
            for index in buffers.indices where buffers[index] == nil {
                buffers[index] = slots[index].map { Tensor(owning: $0, engine: parameters[index].tensor.engine) }
            }
        }
        return try slots.withUnsafeMutableBufferPointer { pointer in
            // Not nil: there is the spare place.
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
                    "the optimiser's \(key) is \(value.type) \(value.shape), its parameter \(parameter.tensor.shape); "
                        + "go on with the model settings the run began with")
            }
            buffers[index] = try Tensor(value, engine: parameter.tensor.engine)
        }
    }
}

extension [ParameterStore.Entry] {
    func clearGradients() throws {
        for parameter in self { try parameter.tensor.clearGradient() }
    }
}
