import AVPrepCore

/// The initial values of a parameter.
package enum Initialization: Sendable, Equatable {
    case constant(Float)
    /// Normally distributed around 0.
    case normal(deviation: Double)

    /// He initialisation for a convolution before a ReLU, by outgoing connections: standard deviation
    /// `sqrt(2 / fan-out)` (He et al., arXiv 1502.01852), as in torchvision's video networks.
    ///
    /// - Parameter weightShape: `[out, in, kernel…]`.
    package static func kaiming(weightShape: [Int]) -> Initialization {
        let fanOut = weightShape[0] * weightShape[2...].reduce(1, *)
        return .normal(deviation: (2 / Double(fanOut)).squareRoot())
    }
}

/// The named tensors of a model. A name is the path of layers that leads to the tensor, e.g. `layer1.0.conv1.0.weight`,
/// so that weights can be exchanged with torch by name.
package final class ParameterStore {
    /// A tensor with its name.
    package struct Entry {
        package let name: String
        package let tensor: Tensor
        /// Whether it is learnt; otherwise it is a buffer, such as the running mean of batch normalisation.
        package let isLearnt: Bool

        /// Whether it lies below one of these paths of layers, e.g. `video` or `video.layer1`, or is one itself.
        package func isIn(_ parts: [String]) -> Bool { parts.contains { name == $0 || name.hasPrefix($0 + ".") } }
    }

    package let engine: Engine
    /// In the order of creation of the layers, which is that of torchvision.
    package private(set) var entries: [Entry] = []
    private let seed: UInt64?

    /// - Parameter seed: each parameter's initial values depend only on this and its name. nil initialises with zeros,
    ///   for a model whose weights are about to be read from a file.
    package init(engine: Engine, seed: UInt64?) {
        self.engine = engine
        self.seed = seed
    }

    /// The root path of all layers.
    package var root: ParameterPath { ParameterPath(store: self, name: "") }

    /// The tensors that the optimiser changes.
    package var parameters: [Entry] { entries.filter(\.isLearnt) }

    /// Makes the parameters below these paths of layers constants, and all others learnt.
    package func freeze(_ parts: [String]) throws {
        for entry in parameters {
            try entry.tensor.setRequiresGradient(!entry.isIn(parts))
        }
    }

    /// The values of all tensors whose name begins with `prefix`, by the rest of the name.
    ///
    /// - Parameter prefix: a path with its dot, such as `video.`; empty for everything.
    package func values(under prefix: String = "") throws -> [String: HostTensor] {
        var values: [String: HostTensor] = [:]
        for entry in entries where entry.name.hasPrefix(prefix) {
            values[String(entry.name.dropFirst(prefix.count))] = try entry.tensor.host()
        }
        return values
    }

    /// Fills the tensors whose name begins with `prefix` from `values`, by the rest of the name.
    ///
    /// - Parameters:
    ///   - isComplete: whether every tensor must have a value and every value a tensor.
    ///   - source: the origin of the values, for messages.
    /// - Returns: the names that had no value, and the values that had no tensor, sorted.
    /// - Throws: `TorchError(.weights)` when a shape or type differs, or when names must match and do not. Nothing is
    ///   changed then.
    @discardableResult
    package func fill(
        under prefix: String = "", from values: [String: HostTensor], isComplete: Bool = true, source: String
    ) throws -> (missing: [String], unexpected: [String]) {
        let targets = entries.filter { $0.name.hasPrefix(prefix) }
        let names = targets.map { String($0.name.dropFirst(prefix.count)) }
        let missing = names.filter { values[$0] == nil }.sorted()
        let unexpected = Set(values.keys).subtracting(names).sorted()
        if isComplete, let name = missing.first ?? unexpected.first {
            let what = missing.isEmpty ? "\(unexpected.count) unknown tensors" : "\(missing.count) of its tensors"
            throw TorchError(
                .weights,
                "the weights in \(source) do not fit the network: they \(missing.isEmpty ? "have" : "lack") \(what), "
                    + "first \(name); use the model settings they were trained with")
        }
        for (target, name) in zip(targets, names) {
            guard let value = values[name] else { continue }
            guard value.shape == target.tensor.shape, value.type == target.tensor.type else {
                throw TorchError(
                    .weights,
                    "the weights in \(source) do not fit the network: \(name) is \(value.type) \(value.shape), not "
                        + "\(target.tensor.type) \(target.tensor.shape); use the model settings they were trained with")
            }
        }
        for (target, name) in zip(targets, names) {
            if let value = values[name] { try target.tensor.fill(from: value) }
        }
        return (missing, unexpected)
    }

    fileprivate func addParameter(_ name: String, shape: [Int], _ initialization: Initialization) throws -> Tensor {
        let tensor = try Tensor(Self.values(of: name, shape, initialization, seed: seed), shape: shape, engine: engine)
        try tensor.setRequiresGradient(true)
        add(Entry(name: name, tensor: tensor, isLearnt: true))
        return tensor
    }

    fileprivate func addBuffer(_ name: String, _ value: HostTensor) throws -> Tensor {
        let tensor = try Tensor(value, engine: engine)
        add(Entry(name: name, tensor: tensor, isLearnt: false))
        return tensor
    }

    private func add(_ entry: Entry) {
        precondition(!entries.contains { $0.name == entry.name }, "two parameters named \(entry.name)")
        entries.append(entry)
    }

    private static func values(
        of name: String, _ shape: [Int], _ initialization: Initialization, seed: UInt64?
    ) -> [Float] {
        let count = shape.reduce(1, *)
        switch (initialization, seed) {
        case (.constant(let value), .some):
            return Array(repeating: value, count: count)
        case (.normal(let deviation), .some(let seed)):
            var random = SeededRandom(seed: seed, for: name)
            return (0..<count).map { _ in Float(random.normal() * deviation) }
        case (_, .none):
            return Array(repeating: 0, count: count)
        }
    }
}

/// A path in a model: layers create their tensors under it.
package struct ParameterPath {
    package let store: ParameterStore
    package let name: String

    /// The path of the part `part`.
    package static func / (path: ParameterPath, part: String) -> ParameterPath {
        ParameterPath(store: path.store, name: path.name.isEmpty ? part : "\(path.name).\(part)")
    }

    /// Creates a tensor to be learnt.
    package func parameter(_ part: String, shape: [Int], _ initialization: Initialization) throws -> Tensor {
        try store.addParameter((self / part).name, shape: shape, initialization)
    }

    /// Creates a tensor that is stored with the weights but not learnt.
    package func buffer(_ part: String, _ value: HostTensor) throws -> Tensor {
        try store.addBuffer((self / part).name, value)
    }
}
