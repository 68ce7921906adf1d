import AVPrepCore
import AVPrepTorch

/// What a part of the model has taken from a file of weights before the first step.
package struct InitialWeights: Sendable, Equatable, Codable {
    /// The part of the model: `video` or `audio`.
    package let part: String
    package let file: String
    /// Of the file, as it was read.
    package let sha256: String
    /// Number of tensors that were taken.
    package let taken: Int
    /// Tensors of the file that the part lacks or has in another shape, sorted.
    package let left: [String]
    /// Learnt tensors of the part that the file lacks: they begin as without it. Sorted.
    package let missing: [String]

    package var text: String {
        func some(_ names: [String]) -> String {
            names.prefix(4).joined(separator: ", ") + (names.count > 4 ? " and \(names.count - 4) more" : "")
        }
        return "\(part): \(taken) tensors taken from \(file)"
            + (left.isEmpty ? "" : "; not taken: \(some(left))")
            + (missing.isEmpty ? "" : "; begun anew: \(some(missing))")
    }
}

extension ModelSettings {
    /// The files that parts of the model begin with.
    var initialWeights: [(part: String, file: String)] {
        [("video", video.weights), ("audio", audio.weights)].filter { !$0.1.isEmpty }
    }
}

extension ParameterStore {
    /// Fills a part of the model with the weights of a file, by name and where the shape is the same.
    ///
    /// - Parameters:
    ///   - file: safetensors, or what torch has saved.
    ///   - part: the first component of the tensors' names; those of the file lack it, or have it.
    /// - Throws: `TorchError(.weights)` for a file that cannot be read, or of which nothing fits.
    func fill(_ part: String, fromFile file: String) throws -> InitialWeights {
        var values =
            try file.hasSuffix(".safetensors") ? SafeTensors.read(file).tensors : TorchFile.read(file)
        let own = entries.filter { $0.name.hasPrefix(part + ".") }
        let prefix = part + "."
        if values.keys.contains(where: { $0.hasPrefix(prefix) }) {
            values = Dictionary(
                uniqueKeysWithValues: values.filter { $0.key.hasPrefix(prefix) }.map {
                    (String($0.key.dropFirst(prefix.count)), $0.value)
                })
        }
        var taken: [String: HostTensor] = [:]
        var missing: [String] = []
        for entry in own {
            let name = String(entry.name.dropFirst(prefix.count))
            if let value = values[name], value.type == entry.tensor.type, value.shape == entry.tensor.shape {
                taken[name] = value
            } else if entry.isLearnt {
                missing.append(name)
            }
        }
        let left = values.keys.filter { taken[$0] == nil }.sorted()
        guard own.contains(where: { $0.isLearnt && taken[String($0.name.dropFirst(prefix.count))] != nil }) else {
            throw TorchError(
                .weights,
                """
                \(file): none of its \(values.count) tensors (\(left.prefix(3).joined(separator: ", ")), …) is one of the \
                \(part) network (\(missing.prefix(3).joined(separator: ", ")), …) by name and shape; give weights of this \
                trunk and width
                """)
        }
        _ = try fill(under: prefix, from: taken, isComplete: false, source: file)
        return InitialWeights(
            part: part, file: file, sha256: try SHA256.digest(ofFile: file).hex, taken: taken.count, left: left,
            missing: missing.sorted())
    }
}
