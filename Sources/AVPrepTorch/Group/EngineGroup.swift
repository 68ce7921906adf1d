import CEngine

/// What an engine that is one of several does with the others.
struct EngineGroup: @unchecked Sendable {
    // Sendable as ``Engine`` is: the functions of the table are called by one thread at a time.
    let api: avprep_group_api
    /// Whether batch normalisation in training takes the statistics of all processes' batches together.
    let synchronizesBatchNorm: Bool

}

extension ParameterStore {
    /// Replaces every tensor by rank 0's; nothing happens to a process that is alone.
    package func takeFirst() throws {
        guard let group = engine.group else { return }
        for entry in entries {
            try engine.check(group.api.broadcast(entry.tensor.handle), "send \(entry.name) to the other processes")
        }
    }

    /// Bytes of gradients that are summed at once: large enough for the network's full speed, small beside a model.
    package static let gradientBucketBytes = 64 << 20

    /// Replaces every gradient by its mean over all processes; nothing happens to a process that is alone.
    package func averageGradients() throws {
        guard let group = engine.group else { return }
        let handles = parameters.map(\.tensor.handle)
        try engine.check(
            group.api.average_gradients(handles, Int32(handles.count), Int64(Self.gradientBucketBytes)),
            "sum the gradients of \(handles.count) parameters over all processes")
    }
}
