import AVPrepTorch

/// What tensors were computed with, and where.
package struct EngineRecord: Sendable, Equatable, Codable {
    /// libtorch's version, and CUDA's where it is compiled in.
    package let library: String
    /// `cpu` or `cuda:0`.
    package let device: String
    /// Threads of one operation on a CPU.
    package let threads: Int
    /// Processes that worked together; nil for one.
    package let processes: Int?

    init(_ engine: Engine, _ ranks: TrainingRanks) {
        processes = ranks.count > 1 ? ranks.count : nil
        library = engine.description
        device = engine.deviceName
        threads = engine.threads
    }
}
