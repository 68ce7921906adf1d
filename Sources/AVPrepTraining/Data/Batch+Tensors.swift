import AVPrepTorch

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
