package import AVPrepModel
package import AVPrepTorch

/// Samples as the network takes them, in buffers that are made once and filled again and again.
///
/// A batch belongs to the loader's workers until it is delivered, then to the consumer until it asks for the next.
package final class Batch: @unchecked Sendable {
    // Sendable under the rule above: the workers write to disjoint slots, then the loader's lock hands the batch on.

    /// The inputs of every sample.
    package let inputs: [InputShape]
    /// Samples it has room for.
    package let capacity: Int
    /// Samples in it: the last batch of an evaluation may be smaller.
    package private(set) var count = 0
    /// Which pairs of the set they are.
    package private(set) var pairs: ArraySlice<Int> = []
    /// 1 for a pair in sync, 0 for one that is not: the y of the loss.
    package var labels: UnsafeMutableBufferPointer<Float> {
        labelMemory.bytes.assumingMemoryBound(to: Float.self)
    }
    private let labelMemory: HostMemory
    /// What each pair is.
    package let kinds: UnsafeMutableBufferPointer<PairKind>
    /// For each input the values of all slots, one after the other.
    private let memory: [HostMemory]

    /// - Parameters:
    ///   - capacity: samples it has room for, > 0.
    ///   - engine: what it is made for; nil for none.
    /// - Throws: `TorchError` for want of memory.
    package init(capacity: Int, inputs: [InputShape], engine: Engine? = nil) throws {
        precondition(capacity > 0, "a batch of \(capacity)")
        self.capacity = capacity
        self.inputs = inputs
        memory = try inputs.map { try HostMemory(byteCount: capacity * $0.byteCount, engine: engine) }
        labelMemory = try HostMemory(byteCount: capacity * MemoryLayout<Float>.stride, engine: engine)
        kinds = .allocate(capacity: capacity)
        kinds.initialize(repeating: .positive)
    }

    deinit {
        kinds.deallocate()
    }

    /// Bytes of one batch, for bounds on memory.
    package static func byteCount(capacity: Int, inputs: [InputShape]) -> Int {
        capacity * inputs.reduce(0) { $0 + $1.byteCount }
    }

    /// Declares which pairs come in; their content is still the former one.
    func begin(_ pairs: ArraySlice<Int>) {
        precondition(pairs.count <= capacity, "\(pairs.count) pairs in a batch of \(capacity)")
        self.pairs = pairs
        count = pairs.count
    }

    /// Where an input of one slot lies.
    ///
    /// - Parameter input: its place in ``inputs``.
    func bytes(_ input: Int, slot: Int) -> UnsafeMutableRawBufferPointer {
        let size = inputs[input].byteCount
        return UnsafeMutableRawBufferPointer(rebasing: memory[input].bytes[slot * size..<(slot + 1) * size])
    }

    /// The values of an input in all samples that are here.
    func bytes(_ input: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: memory[input].bytes[..<(count * inputs[input].byteCount)])
    }

    /// The values of an input in one slot, or in all samples that are here for nil.
    package func values<Value>(_ name: String, slot: Int? = nil, as type: Value.Type) -> UnsafeBufferPointer<Value> {
        guard let input = inputs.firstIndex(where: { $0.name == name }) else {
            preconditionFailure("no input \(name), only \(inputs.map(\.name))")
        }
        precondition(MemoryLayout<Value>.stride == inputs[input].type.byteCount, "\(name) is \(inputs[input].type)")
        let bytes = slot.map { UnsafeRawBufferPointer(self.bytes(input, slot: $0)) } ?? self.bytes(input)
        return bytes.assumingMemoryBound(to: Value.self)
    }
}
