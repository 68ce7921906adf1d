import AVPrepCore
import AVPrepTorch

/// What a part of the model has taken from a file of weights before the first step.
package struct InitialWeights: Sendable, Equatable, Codable {
    /// The part of the model: `video` or `audio`, or `network` for all of it.
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
        [("network", multisensory.weights), ("video", video.weights), ("audio", audio.weights)].filter { !$0.1.isEmpty }
    }
}

extension ParameterStore {
    /// Fills a part of the model with the weights of a file, by name and where the shape is the same.
    ///
    /// - Parameters:
    ///   - part: the first component of the tensors' names, which those of the file lack or have; `network` for all tensors. A
    ///     checkpoint has the batch normalisation of the part's embedding, too (`video_norm`).
    ///   - anew: parts of it, by beginnings of their tensors' names, that take nothing.
    ///   - file: safetensors, also a checkpoint of ours, or what torch has saved.
    /// - Throws: `TorchError(.weights)` for a file that cannot be read, or of which nothing fits.
    func fill(_ part: String, without anew: [String] = [], fromFile file: String) throws -> InitialWeights {
        let stored = try file.hasSuffix(".safetensors") ? SafeTensors.read(file).tensors : TorchFile.read(file)
        let (prefix, norm) = part == "network" ? ("", "") : (part + ".", part + "_norm.")
        let values = Self.named(stored, part: prefix, norm: norm)
        func short(_ name: String) -> String { name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name }
        let own = entries.filter { $0.name.hasPrefix(prefix) || $0.name.hasPrefix(norm) }
        var taken: [String: HostTensor] = [:]
        var missing: [String] = []
        for entry in own {
            if !entry.isIn(anew), let value = values[entry.name], value.type == entry.tensor.type,
                value.shape == entry.tensor.shape
            {
                taken[entry.name] = value
            } else if entry.isLearnt {
                missing.append(short(entry.name))
            }
        }
        let left = values.keys.filter { taken[$0] == nil }.map(short).sorted()
        guard own.contains(where: { $0.isLearnt && taken[$0.name] != nil }) else {
            throw TorchError(
                .weights,
                """
                \(file): none of its \(values.count) tensors (\(left.prefix(3).joined(separator: ", ")), …) is one of the \
                \(part == "network" ? "" : part + " ")network (\(missing.prefix(3).joined(separator: ", ")), …) by name and \
                shape; give weights of this trunk and width
                """)
        }
        _ = try fill(from: taken, isComplete: false, source: file)
        return InitialWeights(
            part: part, file: file, sha256: try SHA256.digest(ofFile: file).hex, taken: taken.count, left: left,
            missing: missing.sorted())
    }

    /// The tensors of a file that are meant for a part, by the names that the model has for them.
    private static func named(_ stored: [String: HostTensor], part: String, norm: String) -> [String: HostTensor] {
        for outer in ["model.", ""] where stored.keys.contains(where: { $0.hasPrefix(outer + part) }) {
            return stored.reduce(into: [:]) { values, entry in
                guard entry.key.hasPrefix(outer + part) || entry.key.hasPrefix(outer + norm) else { return }
                values[String(entry.key.dropFirst(outer.count))] = entry.value
            }
        }
        return stored.reduce(into: [:]) { $0[part + $1.key] = $1.value }
    }

    /// Fills a classifier but for its answers.
    ///
    /// - Throws: as ``fill(_:without:fromFile:)``, and ``TrainingError`` (`.settings`) for a file that lacks a layer or has it in
    ///   another shape: what is not taken would begin at random, unnoticed.
    func fillClassifier(_ recipe: TrainSettings.RecipeName, fromFile file: String) throws -> InitialWeights {
        let filled = try fill(recipe.seeingPart, without: [recipe.answerLayer], fromFile: file)
        let answers = recipe.answerLayer.split(separator: ".").last.map(String.init) ?? recipe.answerLayer
        guard let lacking = filled.missing.first(where: { !$0.hasPrefix(answers + ".") }) else { return filled }
        throw TrainingError(
            .settings,
            """
            \(file) has no \(lacking) of this network's shape (\(filled.missing.count) tensors lack one): give weights of the \
            trunk, width and clip length that \(TrainKey.recipe) \(recipe.rawValue) and train.model describe
            """)
    }
}
