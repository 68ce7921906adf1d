import CEngine

/// The order of the elements in memory, which does not affect the shape.
package enum MemoryOrder: Int32, Sendable {
    /// The last dimension varies fastest.
    case contiguous = 0
    /// Channels of `[N, C, H, W]` vary fastest.
    case channelsLast = 1
    /// Channels of `[N, C, T, H, W]` vary fastest.
    case channelsLast3D = 2
}

extension Tensor {
    /// The same elements in another shape; one size may be -1, which is computed from the others.
    package func reshaped(_ shape: [Int]) throws -> Tensor {
        try Tensor.make(engine, "reshape \(self.shape) to \(shape)") {
            engine.api.reshape($0, handle, shape.map(Int64.init), Int32(shape.count))
        }
    }

    /// Dimension i of the result is dimension `dimensions[i]` of this tensor; shares memory.
    package func permuted(_ dimensions: [Int]) throws -> Tensor {
        try Tensor.make(engine, "permute \(shape) by \(dimensions)") {
            engine.api.permute($0, handle, dimensions.map(Int64.init), Int32(dimensions.count))
        }
    }

    /// Elements of `range` along a dimension; shares memory.
    package func narrowed(_ dimension: Int, _ range: Range<Int>) throws -> Tensor {
        try Tensor.make(engine, "take \(range) along dimension \(dimension) of \(shape)") {
            engine.api.narrow($0, handle, Int64(dimension), Int64(range.lowerBound), Int64(range.count))
        }
    }

    /// The slices at `indices` along a dimension.
    package func selected(_ dimension: Int, _ indices: [Int]) throws -> Tensor {
        let indices = try Tensor(integers: indices.map(Int64.init), shape: [indices.count], engine: engine)
        return try Tensor.make(engine, "select along dimension \(dimension) of \(shape)") {
            engine.api.index_select($0, handle, Int64(dimension), indices.handle)
        }
    }

    /// Tensors concatenated along a dimension; all other sizes must be equal.
    package static func concatenated(_ tensors: [Tensor], dimension: Int) throws -> Tensor {
        precondition(!tensors.isEmpty, "nothing to concatenate")
        return try make(tensors[0].engine, "concatenate \(tensors.map(\.shape)) along dimension \(dimension)") { out in
            let handles = tensors.map(\.handle)
            return withExtendedLifetime(tensors) {
                tensors[0].engine.api.concatenate(out, handles, Int32(handles.count), Int64(dimension))
            }
        }
    }

    /// The same elements in another order in memory; no copy if they have that order already.
    package func ordered(_ order: MemoryOrder) throws -> Tensor {
        try Tensor.make(engine, "reorder \(shape)") { engine.api.to_order($0, handle, order.rawValue) }
    }

    /// The values converted to another type; conversion to integers truncates.
    package func converted(to type: ElementType) throws -> Tensor {
        try Tensor.make(engine, "convert \(shape) to \(type)") { engine.api.to_type($0, handle, type.rawValue) }
    }

    /// The values on the CPU.
    package func onCPU() throws -> Tensor {
        try Tensor.make(engine, "move \(shape) to the CPU") { engine.api.to_device($0, handle, Int32(AVPREP_CPU)) }
    }
}
