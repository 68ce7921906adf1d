import AVPrepCore
import AVPrepTorch

/// Distances between picture and sound of every pair of a set, as a network sees them: centre crops, no gradients.
struct EmbeddingDistances {
    /// Euclidean distance of each pair's embeddings, in the order of the set.
    private(set) var distances: [Float] = []
    /// 1 in sync, 0 not.
    private(set) var labels: [UInt8] = []

    /// How well the distances tell pairs in sync from others.
    var roc: ROC { ROC(distances: distances, labels: labels) }

    /// Measures every pair of `dataset` once.
    ///
    /// - Throws: `CancellationError`, and what reading and the engine throw.
    init(
        of dataset: ShardDataset, network: TwoStreamNetwork, feed: BatchLoaderFactory, cancellation: Cancellation
    ) throws {
        let loader = feed.evaluation(dataset)
        defer { loader.close() }
        try network.store.engine.withoutGradients {
            while let batch = try loader.nextBatch() {
                try cancellation.check()
                let (clips, spectrograms, _) = try batch.tensors(engine: network.store.engine)
                let (video, audio) = try network(clips: clips, spectrograms: spectrograms, training: false)
                distances += try ContrastiveLoss.distances(video, audio).floats()
                labels += batch.labels.prefix(batch.count).map { UInt8($0) }
            }
        }
    }
}

extension Batch {
    /// The pairs in it as tensors on the engine's device: clips `[N, 3, T, S, S]`, spectrograms `[N, 1, F, B]`, labels
    /// `[N]`.
    func tensors(engine: Engine) throws -> (clips: Tensor, spectrograms: Tensor, labels: Tensor) {
        func tensor(_ values: UnsafeMutableBufferPointer<Float>, _ shape: [Int]) throws -> Tensor {
            let used = UnsafeMutableBufferPointer(rebasing: values[..<shape.reduce(1, *)])
            return try Tensor(UnsafeRawBufferPointer(used), type: .float32, shape: shape, engine: engine)
        }
        return (
            try tensor(video, [count, 3, shape.frames, shape.size, shape.size]),
            try tensor(audio, [count, 1, shape.audioFrames, shape.audioBins]), try tensor(labels, [count])
        )
    }
}
