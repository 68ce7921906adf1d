import CEngine
import Foundation

/// A tensor of the engine: values on its device, with a shape and the state of autograd.
///
/// An owning handle: the memory is freed with the last `Tensor` (and the last operation recorded for gradients) that
/// refers to it. Not `Sendable`: a tensor and what is computed from it belong to one thread at a time; use
/// ``HostTensor``s between threads. Shapes are row-major; N is the batch, C channels, T time, H rows, W columns.
///
/// Operations throw `TorchError(.operation)` with libtorch's message when shapes do not fit.
package final class Tensor {
    package let handle: OpaquePointer
    package let engine: Engine

    /// Takes ownership of a handle from the engine.
    package init(owning handle: OpaquePointer, engine: Engine) {
        self.handle = handle
        self.engine = engine
    }

    deinit { engine.api.release(handle) }

    // MARK: - Making

    /// Copies row-major values to the engine's device.
    ///
    /// - Parameter bytes: exactly the elements of `shape`, in the machine's byte order.
    package convenience init(_ bytes: UnsafeRawBufferPointer, type: ElementType, shape: [Int], engine: Engine) throws {
        let handle = try Self.copy(of: bytes, type: type, shape: shape, engine: engine)
        self.init(owning: handle, engine: engine)
    }

    package convenience init(_ values: [Float], shape: [Int], engine: Engine) throws {
        let handle = try values.withUnsafeBytes { try Self.copy(of: $0, type: .float32, shape: shape, engine: engine) }
        self.init(owning: handle, engine: engine)
    }

    package convenience init(integers: [Int64], shape: [Int], engine: Engine) throws {
        let handle = try integers.withUnsafeBytes { try Self.copy(of: $0, type: .int64, shape: shape, engine: engine) }
        self.init(owning: handle, engine: engine)
    }

    package convenience init(bytes: [UInt8], shape: [Int], engine: Engine) throws {
        let handle = try bytes.withUnsafeBytes { try Self.copy(of: $0, type: .uint8, shape: shape, engine: engine) }
        self.init(owning: handle, engine: engine)
    }

    package convenience init(_ host: HostTensor, engine: Engine) throws {
        let handle = try host.bytes.withUnsafeBytes {
            try Self.copy(of: $0, type: host.type, shape: host.shape, engine: engine)
        }
        self.init(owning: handle, engine: engine)
    }

    /// Values of the host's memory without a copy where the device can read them; else the copy is made beside the device's
    /// computations.
    ///
    /// - Parameter bytes: they must stay as they are until the tensor and all that was recorded of it is gone, and
    ///   ``Engine/waitForCopies()`` has returned.
    package convenience init(
        borrowing bytes: UnsafeRawBufferPointer, type: ElementType, shape: [Int], engine: Engine
    ) throws {
        precondition(bytes.count == shape.reduce(type.byteCount, *), "\(bytes.count) bytes for the shape \(shape)")
        guard let source = bytes.baseAddress else {
            throw TorchError(.operation, "cannot make a tensor of shape \(shape): no memory")
        }
        let handle = try Self.handle(engine, "borrow a tensor of shape \(shape)") {
            engine.api.borrow_host(
                $0, source, type.rawValue, shape.map(Int64.init), Int32(shape.count), engine.deviceIndex)
        }
        self.init(owning: handle, engine: engine)
    }

    package static func zeros(_ shape: [Int], type: ElementType = .float32, engine: Engine) throws -> Tensor {
        try make(engine, "make zeros of shape \(shape)") {
            engine.api.zeros($0, type.rawValue, shape.map(Int64.init), Int32(shape.count), engine.deviceIndex)
        }
    }

    private static func copy(
        of bytes: UnsafeRawBufferPointer, type: ElementType, shape: [Int], engine: Engine
    ) throws -> OpaquePointer {
        precondition(bytes.count == shape.reduce(type.byteCount, *), "\(bytes.count) bytes for the shape \(shape)")
        // The buffer of an empty tensor may have no address; any address will do, since nothing is read.
        return try withUnsafeTemporaryAllocation(byteCount: 1, alignment: 8) { spare in
            guard let source = bytes.baseAddress ?? UnsafeRawPointer(spare.baseAddress) else {
                throw TorchError(.operation, "cannot make a tensor of shape \(shape): no memory")
            }
            return try handle(engine, "make a tensor of shape \(shape)") {
                engine.api.from_host(
                    $0, source, type.rawValue, shape.map(Int64.init), Int32(shape.count), engine.deviceIndex)
            }
        }
    }

    /// Runs a function of the engine that returns a new tensor.
    package static func make(
        _ engine: Engine, _ operation: @autoclosure () -> String,
        _ body: (UnsafeMutablePointer<OpaquePointer?>) -> Int32
    ) throws -> Tensor {
        Tensor(owning: try handle(engine, operation(), body), engine: engine)
    }

    private static func handle(
        _ engine: Engine, _ operation: @autoclosure () -> String,
        _ body: (UnsafeMutablePointer<OpaquePointer?>) -> Int32
    ) throws -> OpaquePointer {
        var out: OpaquePointer?
        try engine.check(body(&out), operation())
        guard let out else { throw TorchError(.operation, "cannot \(operation()): the engine returned no tensor") }
        return out
    }

    // MARK: - Reading

    /// Sizes of the dimensions; empty for a single number.
    package var shape: [Int] {
        var sizes = [Int64](repeating: 0, count: 8)
        var rank: Int32 = 0
        // Of a tensor that exists, and here has at most eight dimensions, the engine can say this; a shape that is made up
        // would be taken for a true one.
        let status = engine.api.shape(&rank, &sizes, Int32(sizes.count), handle)
        precondition(status == 0 && rank <= sizes.count, "the shape of a tensor: \(engine.lastError)")
        return sizes[..<Int(rank)].map(Int.init)
    }

    /// The number of elements.
    package var count: Int { shape.reduce(1, *) }

    package var type: ElementType {
        var type: Int32 = 0
        guard engine.api.type(&type, handle) == 0, let type = ElementType(rawValue: type) else {
            preconditionFailure("the type of a tensor (\(type)): \(engine.lastError)")
        }
        return type
    }

    /// -1 for the CPU, otherwise the number of the CUDA device.
    package var deviceIndex: Int {
        var index: Int32 = -1
        let status = engine.api.device(&index, handle)
        precondition(status == 0, "the device of a tensor: \(engine.lastError)")
        return Int(index)
    }

    /// The values, copied to main memory.
    package func host() throws -> HostTensor {
        let shape = shape
        let type = type
        var bytes = Data(count: shape.reduce(type.byteCount, *))
        try bytes.withUnsafeMutableBytes { buffer in
            guard let target = buffer.baseAddress else { return }
            try engine.check(
                engine.api.to_host(target, Int64(buffer.count), handle), "read a tensor of shape \(shape)")
        }
        return HostTensor(type: type, shape: shape, bytes: bytes)
    }

    /// The values of a `float32` or `bfloat16` tensor, row-major.
    package func floats() throws -> [Float] {
        try (type == .bfloat16 ? try converted(to: .float32) : self).host().floats
    }

    /// The values of an `int64` tensor, row-major.
    package func integers() throws -> [Int64] { try host().integers }

    /// The value of a `float32` or `bfloat16` tensor with one element, for instance a loss.
    package func item() throws -> Float {
        let values = try floats()
        precondition(values.count == 1, "a tensor of \(values.count) elements is not one number")
        return values[0]
    }

    /// Overwrites the values in place, unseen by autograd.
    ///
    /// - Parameter values: values with this tensor's type and shape.
    package func fill(from values: HostTensor) throws {
        precondition(values.type == type && values.shape == shape, "\(values.shape) into a tensor of \(shape)")
        try values.bytes.withUnsafeBytes { buffer in
            guard let source = buffer.baseAddress else { return }
            try engine.check(
                engine.api.fill_from_host(handle, source, Int64(buffer.count)), "fill a tensor of shape \(shape)")
        }
    }
}
