import CEngine

extension Tensor {
    /// Whether gradients are recorded for this tensor.
    package var requiresGradient: Bool {
        var isOn: Int32 = 0
        return engine.api.requires_gradient(&isOn, handle) == 0 && isOn != 0
    }

    /// Makes a leaf (a tensor not computed from others) a parameter or a constant.
    package func setRequiresGradient(_ isOn: Bool) throws {
        try engine.check(
            engine.api.set_requires_gradient(handle, isOn ? 1 : 0), "switch gradients of a tensor of shape \(shape)")
    }

    /// The gradient of a parameter, sharing its memory; nil before the first ``backward()``.
    package func gradient() throws -> Tensor? {
        var out: OpaquePointer?
        try engine.check(engine.api.gradient(&out, handle), "read a gradient")
        return out.map { Tensor(owning: $0, engine: engine) }
    }

    /// Removes the gradient; ``backward()`` adds to an existing one.
    package func clearGradient() throws {
        try engine.check(engine.api.clear_gradient(handle), "clear a gradient")
    }

    /// Adds the derivative of this number by each parameter to that parameter's gradient.
    ///
    /// The tensor must have one element; the recorded operations are consumed.
    package func backward() throws {
        try engine.check(engine.api.backward(handle), "compute gradients")
    }

    /// The same memory, without the recorded operations.
    package func detached() throws -> Tensor {
        try Tensor.make(engine, "detach a tensor") { engine.api.detach($0, handle) }
    }

    /// A copy with its own memory; gradients flow through it.
    package func cloned() throws -> Tensor {
        try Tensor.make(engine, "copy a tensor of shape \(shape)") { engine.api.clone($0, handle) }
    }
}
