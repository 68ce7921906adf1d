import CEngine

/// The order in which elements lie in memory; shapes do not change with it.
package enum MemoryOrder: Int32, Sendable {
    /// The last dimension is the fastest.
    case contiguous = 0
    /// Channels are the fastest of `[N, C, H, W]`.
    case channelsLast = 1
    /// Channels are the fastest of `[N, C, T, H, W]`.
    case channelsLast3D = 2
}

extension Tensor {
    /// The same elements in another shape; one size may be -1: whatever is left.
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

    /// Tensors one after the other along a dimension; all other sizes are equal.
    package static func concatenated(_ tensors: [Tensor], dimension: Int) throws -> Tensor {
        precondition(!tensors.isEmpty, "nothing to concatenate")
        return try make(tensors[0].engine, "concatenate \(tensors.map(\.shape)) along dimension \(dimension)") { out in
            let handles = tensors.map(\.handle)
            return withExtendedLifetime(tensors) {
                tensors[0].engine.api.concatenate(out, handles, Int32(handles.count), Int64(dimension))
            }
        }
    }

    /// The same elements in another order in memory; no copy where they lie so already.
    package func ordered(_ order: MemoryOrder) throws -> Tensor {
        try Tensor.make(engine, "reorder \(shape)") { engine.api.to_order($0, handle, order.rawValue) }
    }

    /// The values as another type; fractions are cut off for integers.
    package func converted(to type: ElementType) throws -> Tensor {
        try Tensor.make(engine, "convert \(shape) to \(type)") { engine.api.to_type($0, handle, type.rawValue) }
    }

    /// The values on the CPU.
    package func onCPU() throws -> Tensor {
        try Tensor.make(engine, "move \(shape) to the CPU") { engine.api.to_device($0, handle, Int32(AVPREP_CPU)) }
    }
}
