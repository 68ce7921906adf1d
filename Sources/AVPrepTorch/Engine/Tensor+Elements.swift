import CEngine

/// Element-wise arithmetic. Two tensors broadcast as in numpy: dimensions are aligned at the end, and those of size 1
/// are repeated.
extension Tensor {
    package static func + (left: Tensor, right: Tensor) throws -> Tensor {
        try left.combined(AVPREP_ADD, right, "add")
    }

    package static func - (left: Tensor, right: Tensor) throws -> Tensor {
        try left.combined(AVPREP_SUBTRACT, right, "subtract")
    }

    package static func * (left: Tensor, right: Tensor) throws -> Tensor {
        try left.combined(AVPREP_MULTIPLY, right, "multiply")
    }

    package static func / (left: Tensor, right: Tensor) throws -> Tensor {
        try left.combined(AVPREP_DIVIDE, right, "divide")
    }

    package static func + (left: Tensor, right: Double) throws -> Tensor {
        try left.combined(AVPREP_ADD, right, "add")
    }

    package static func - (left: Tensor, right: Double) throws -> Tensor {
        try left.combined(AVPREP_SUBTRACT, right, "subtract")
    }

    package static func * (left: Tensor, right: Double) throws -> Tensor {
        try left.combined(AVPREP_MULTIPLY, right, "multiply")
    }

    package static func / (left: Tensor, right: Double) throws -> Tensor {
        try left.combined(AVPREP_DIVIDE, right, "divide")
    }

    package func power(_ exponent: Double) throws -> Tensor { try combined(AVPREP_POWER, exponent, "raise") }

    /// Values below `minimum` are replaced by it; no gradient flows to them.
    package func clamped(minimum: Double) throws -> Tensor { try combined(AVPREP_CLAMP_MINIMUM, minimum, "clamp") }

    /// Negative values are multiplied by `slope`.
    package func leakyRelu(_ slope: Double) throws -> Tensor { try combined(AVPREP_LEAKY_RELU, slope, "rectify") }

    /// Hyperbolic tangents.
    package func hyperbolicTangent() throws -> Tensor {
        try Tensor.make(engine, "take tangents of \(shape)") { engine.api.unary($0, Int32(AVPREP_TANH), handle) }
    }

    /// Absolute values; the gradient at 0 is 0.
    package func magnitude() throws -> Tensor {
        try Tensor.make(engine, "take magnitudes of \(shape)") {
            engine.api.unary($0, Int32(AVPREP_ABSOLUTE), handle)
        }
    }

    /// Negative values become 0.
    package func relu() throws -> Tensor {
        try Tensor.make(engine, "rectify \(shape)") { engine.api.unary($0, Int32(AVPREP_RELU), handle) }
    }

    /// The same in place: saves memory and a pass over it. For values that no recorded operation needs, such as what a batch
    /// normalisation returns.
    package func reluInPlace() throws -> Tensor {
        try Tensor.make(engine, "rectify \(shape)") { engine.api.unary($0, Int32(AVPREP_RELU_IN_PLACE), handle) }
    }

    /// Adds in place, under the same condition.
    package func addedInPlace(_ other: Tensor) throws -> Tensor { try combined(AVPREP_ADD_IN_PLACE, other, "add") }

    /// The gradient at 0 is infinite, so the values should be above 0.
    package func squareRoot() throws -> Tensor {
        try Tensor.make(engine, "take the root of \(shape)") {
            engine.api.unary($0, Int32(AVPREP_SQUARE_ROOT), handle)
        }
    }

    // MARK: - Along dimensions

    /// The sum over `dimensions`, or over all elements if empty. Negative numbers count from the last dimension.
    package func sum(_ dimensions: [Int] = [], keepDimensions: Bool = false) throws -> Tensor {
        try reduced(AVPREP_SUM, dimensions, keepDimensions, "sum")
    }

    /// The mean over `dimensions`, or over all elements if empty.
    package func mean(_ dimensions: [Int] = [], keepDimensions: Bool = false) throws -> Tensor {
        try reduced(AVPREP_MEAN, dimensions, keepDimensions, "average")
    }

    /// The maximum over `dimensions`, or over all elements if empty. Equal maxima share the gradient.
    package func maximum(_ dimensions: [Int] = [], keepDimensions: Bool = false) throws -> Tensor {
        try reduced(AVPREP_MAXIMUM, dimensions, keepDimensions, "take the maximum of")
    }

    private func combined(_ operation: Int, _ other: Tensor, _ verb: String) throws -> Tensor {
        try Tensor.make(engine, "\(verb) \(shape) and \(other.shape)") {
            engine.api.binary($0, Int32(operation), handle, other.handle)
        }
    }

    private func combined(_ operation: Int, _ value: Double, _ verb: String) throws -> Tensor {
        try Tensor.make(engine, "\(verb) \(shape) and \(value)") {
            engine.api.scalar($0, Int32(operation), handle, value)
        }
    }

    private func reduced(_ operation: Int, _ dimensions: [Int], _ keep: Bool, _ verb: String) throws -> Tensor {
        try Tensor.make(engine, "\(verb) \(shape) over \(dimensions)") {
            engine.api.reduce(
                $0, Int32(operation), handle, dimensions.map(Int64.init), Int32(dimensions.count), keep ? 1 : 0)
        }
    }
}
