import AVPrepTorch

/// What learns: a recipe's model with its optimiser, one batch after the other.
///
/// A device may still compute when ``step(_:number:learningRate:)`` returns: reading a loss waits for it, so losses are read
/// when they are asked for.
final class Learner {
    let model: any RecipeModel
    private let optimizer: any Optimizer
    private let parts: Int
    private let clipNorm: Double
    private var unread: [UnreadStep] = []

    /// A step whose loss was read.
    struct Step {
        /// Steps taken so far, from 1.
        let number: Int
        let loss: Double
        /// Norm of all gradients, where it is limited.
        let gradientNorm: Double?
        let learningRate: Double
        /// The pairs it was taken on.
        let pairs: [Int]
    }

    private struct UnreadStep {
        let number: Int
        let losses: [Tensor]
        let gradientNorm: Tensor?
        let learningRate: Double
        let pairs: [Int]
    }

    /// - Parameter processes: those that divide each batch and its parts.
    init(_ model: any RecipeModel, settings: TrainSettings, processes: Int = 1) {
        self.model = model
        optimizer = model.store.parameters.optimizer(settings.optimizer)
        parts = max(1, settings.accumulate / processes)
        clipNorm = settings.optimizer.clipNorm
    }

    /// Steps whose loss was not read yet.
    var unreadCount: Int { unread.count }

    /// Learns from a batch, with the gradients of all processes. It may be overwritten when this returns.
    ///
    /// - Parameters:
    ///   - batch: this process's share.
    ///   - pairs: those of the whole batch.
    func step(_ batch: Batch, of pairs: [Int], number: Int, learningRate: Double) throws {
        let engine = model.store.engine
        optimizer.learningRate = learningRate
        try optimizer.clearGradients()
        var losses: [Tensor] = []
        for part in try TensorBatch(batch, engine: engine).parts(parts) {
            let loss = try engine.inPrecision { try model.loss(of: part) }
            try (parts == 1 ? loss : loss * (1 / Double(parts))).backward()
            losses.append(try loss.detached())
        }
        try model.store.averageGradients()
        let norm = clipNorm > 0 ? try model.store.parameters.clipGradients(to: clipNorm) : nil
        try optimizer.step()
        unread.append(
            UnreadStep(
                number: number, losses: losses, gradientNorm: norm, learningRate: learningRate,
                pairs: pairs))
        try engine.waitForCopies()
    }

    /// Reads the losses of all steps since the last call, in order: each the mean over the batch's parts.
    func readSteps() throws -> [Step] {
        defer { unread.removeAll() }
        return try unread.map { step in
            let sum = try step.losses.reduce(0.0) { $0 + Double(try $1.item()) }
            return Step(
                number: step.number, loss: sum / Double(step.losses.count),
                gradientNorm: try step.gradientNorm.map { Double(try $0.item()) }, learningRate: step.learningRate,
                pairs: step.pairs)
        }
    }

    /// The optimiser's state, for a checkpoint.
    func optimizerState() throws -> [String: HostTensor] { try optimizer.state() }

    /// Goes on from a checkpoint.
    ///
    /// - Parameter source: where it was read, for messages.
    func restore(_ checkpoint: TrainingCheckpoint, source: String) throws {
        try model.store.fill(from: checkpoint.model, source: source)
        try optimizer.restore(checkpoint.optimizer)
    }
}
