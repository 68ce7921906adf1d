import AVPrepModel
import AVPrepTorch

/// A batch on the engine's device: what a recipe's model gets.
struct TensorBatch {
    /// 1 for each pair in sync, 0 for each other: `float32 [N]`.
    let labels: Tensor
    let kinds: [PairKind]
    /// Which pairs of the set they are: their order is that of the run's seed and of the epoch.
    let pairs: [Int]
    private let inputs: [String: Tensor]

    /// - Parameter inputs: by name, each `[N, …]` with the sizes of its shape.
    init(inputs: [String: Tensor], labels: Tensor, kinds: [PairKind], pairs: [Int] = []) {
        self.inputs = inputs
        self.labels = labels
        self.kinds = kinds
        self.pairs = pairs
    }

    /// A batch's values, in its memory or on their way to the device: it must stay as it is until the engine is through with
    /// them (``Engine/waitForCopies()``).
    init(_ batch: Batch, engine: Engine) throws {
        var inputs: [String: Tensor] = [:]
        for (index, input) in batch.inputs.enumerated() {
            inputs[input.name] = try Tensor(
                borrowing: batch.bytes(index), type: input.type, shape: [batch.count] + input.sizes, engine: engine)
        }
        let labels = UnsafeMutableBufferPointer(rebasing: batch.labels[..<batch.count])
        self.init(
            inputs: inputs,
            labels: try Tensor(
                borrowing: UnsafeRawBufferPointer(labels), type: .float32, shape: [batch.count], engine: engine),
            kinds: Array(batch.kinds[..<batch.count]), pairs: Array(batch.pairs.prefix(batch.count)))
    }

    /// So many parts of equal size, in order; they share memory.
    func parts(_ count: Int) throws -> [TensorBatch] {
        if count == 1 { return [self] }
        let size = kinds.count / count
        precondition(size * count == kinds.count, "\(kinds.count) samples in \(count) parts")
        return try (0..<count).map { part in
            let range = part * size..<(part + 1) * size
            return TensorBatch(
                inputs: try inputs.mapValues { try $0.narrowed(0, range) }, labels: try labels.narrowed(0, range),
                kinds: Array(kinds[range]), pairs: pairs.isEmpty ? [] : Array(pairs[range]))
        }
    }

    /// The input of this name, which the recipe has asked for.
    subscript(name: String) -> Tensor {
        guard let tensor = inputs[name] else { preconditionFailure("no input \(name), only \(inputs.keys.sorted())") }
        return tensor
    }
}
