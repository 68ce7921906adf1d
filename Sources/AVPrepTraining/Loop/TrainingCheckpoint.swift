import AVPrepCore
import AVPrepTorch
import Foundation

/// A checkpoint file: weights, buffers of batch normalisation, momentum, and where the run stands.
///
/// A safetensors file. Tensors `model.NAME` are the network's, `optimizer.NAME` the optimiser's; the metadata `state` is
/// a ``TrainingState`` as JSON. The same state and tensors give the same bytes: no time stands in it.
struct TrainingCheckpoint {
    var state: TrainingState
    /// The network's tensors by name.
    var model: [String: HostTensor]
    /// The optimiser's tensors by name.
    var optimizer: [String: HostTensor]

    private static let modelPrefix = "model."
    private static let optimizerPrefix = "optimizer."

    /// Writes it whole.
    ///
    /// - Throws: `Failure` when the disk refuses.
    func save(_ path: String) throws {
        var tensors: [String: HostTensor] = [:]
        for (name, tensor) in model { tensors[Self.modelPrefix + name] = tensor }
        for (name, tensor) in optimizer { tensors[Self.optimizerPrefix + name] = tensor }
        try SafeTensors.write(
            SafeTensors.Content(
                tensors: tensors, metadata: ["format": "avprep-checkpoint", "state": CanonicalJSON.encode(state)]),
            to: path)
    }

    /// Reads a run's checkpoint, where there is one: rank 0 does so for all processes, since not every machine may see the
    /// latest.
    ///
    /// - Throws: as ``load(_:)``.
    static func loadIfThere(_ weights: RunFolder.Weights, of folder: RunFolder, _ ranks: TrainingRanks) throws
        -> TrainingCheckpoint?
    {
        let path = folder.checkpoint(weights)
        guard try ranks.shared(try folder.has(weights)) else { return nil }
        guard let group = ranks.group else { return try load(path) }
        return try load(path, try group.broadcast(try SafeTensors.bytes(of: path)))
    }

    /// Reads a checkpoint.
    ///
    /// - Throws: ``TrainingError`` when it is damaged, no checkpoint, or of another format.
    static func load(_ path: String) throws -> TrainingCheckpoint { try load(path, SafeTensors.bytes(of: path)) }

    /// The same of a file whose bytes are here already.
    private static func load(_ path: String, _ bytes: @autoclosure () throws -> Data) throws -> TrainingCheckpoint {
        let content: SafeTensors.Content
        do {
            content = try SafeTensors.read(try bytes(), from: path)
        } catch let error as TorchError {
            throw TrainingError(.checkpoint, error.description)
        }
        guard content.metadata["format"] == "avprep-checkpoint", let text = content.metadata["state"] else {
            throw TrainingError(.checkpoint, "\(path) is not a checkpoint of avprep")
        }
        struct Version: Decodable {
            let format: Int
        }
        let state: TrainingState
        do {
            let version = try JSONDecoder().decode(Version.self, from: Data(text.utf8))
            guard version.format == TrainingState.currentFormat else {
                throw TrainingError(
                    .checkpoint,
                    """
                    \(path) has checkpoint format \(version.format), this avprep reads \(TrainingState.currentFormat); \
                    continue with the avprep that began the run, or use another name for the run
                    """)
            }
            state = try StoredJSON.decode(TrainingState.self, from: text)
        } catch StoredJSONError.newer(let what) {
            throw TrainingError(
                .checkpoint,
                """
                \(path) was written by a newer avprep: this one does not know \(what) in its state; continue with the avprep \
                that wrote it, or use another name for the run
                """)
        } catch StoredJSONError.damaged(let what) {
            throw TrainingError(
                .checkpoint, "\(path) is damaged: its state cannot be read (\(what)); use another name for the run")
        } catch is DecodingError {
            throw TrainingError(
                .checkpoint, "\(path) is damaged: its state names no format; use another name for the run")
        }
        if let fault = state.fault { throw TrainingError(.checkpoint, "\(path) is damaged: \(fault)") }
        func tensors(_ prefix: String) -> [String: HostTensor] {
            content.tensors.reduce(into: [:]) { result, entry in
                if entry.key.hasPrefix(prefix) { result[String(entry.key.dropFirst(prefix.count))] = entry.value }
            }
        }
        return TrainingCheckpoint(
            state: state, model: tensors(modelPrefix), optimizer: tensors(optimizerPrefix))
    }
}
