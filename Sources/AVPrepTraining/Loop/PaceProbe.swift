package import AVPrepClips
import AVPrepCore
import AVPrepTorch

/// The loading and the steps of a run without its files: for measuring how fast they are.
package final class PaceProbe {
    private let settings: TrainSettings
    private let data: TrainingData
    private let feed: BatchLoaderFactory
    private let learner: Learner?
    private var epoch = 0

    /// - Parameters:
    ///   - settings: the first stage's set is read.
    ///   - learns: whether there is a model, and not the loading alone.
    /// - Throws: what a run throws before its first step.
    package init(settings: TrainSettings, shards: ShardSet, learns: Bool) throws {
        try settings.validate()
        self.settings = settings
        data = try TrainingData(settings: settings, seed: 1, shards: shards, isResumed: false)
        let statistics =
            settings.recipe.hearsSpectrogram
            ? try SpectrogramStatistics.training(settings.model.spectrogram, of: data.training[0], in: shards.index)
            : SpectrogramStatistics(mean: [], deviation: [])
        let engine =
            learns
            ? try Engine.load(
                device: settings.device, threads: settings.threads, precision: settings.precision,
                isDeterministic: settings.deterministic) : nil
        try engine?.keepMemory()
        feed = try BatchLoaderFactory(settings: settings, inputs: data.inputs, statistics: statistics, engine: engine)
        let inputs = data.inputs
        learner = try engine.map {
            Learner(try settings.recipe.makeModel(inputs, seed: 1, engine: $0), settings: settings)
        }
    }

    /// Reads one epoch.
    ///
    /// - Returns: the number of pairs.
    package func load() throws -> Int {
        let loader = epochLoader()
        defer { loader.close() }
        var pairs = 0
        while let batch = try loader.nextBatch() { pairs += batch.count }
        return pairs
    }

    /// Takes steps on the first batch of an epoch, again and again.
    ///
    /// - Parameter body: called after each with its number of pairs; returns whether to go on.
    package func stepOnOneBatch(_ body: (_ pairs: Int) -> Bool) throws {
        let loader = epochLoader()
        defer { loader.close() }
        guard let batch = try loader.nextBatch() else { return }
        repeat { try step(batch) } while body(batch.count)
    }

    /// Takes steps on batches as they are read.
    ///
    /// - Parameter body: as above.
    package func step(_ body: (_ pairs: Int) -> Bool) throws {
        while true {
            let loader = epochLoader()
            defer { loader.close() }
            while let batch = try loader.nextBatch() {
                try step(batch)
                guard body(batch.count) else { return }
            }
        }
    }

    private func step(_ batch: Batch) throws {
        guard let learner else { preconditionFailure("no model to learn") }
        try learner.step(batch, of: Array(batch.pairs), number: 1, learningRate: settings.optimizer.learningRate)
        _ = try learner.readSteps()
    }

    private func epochLoader() -> BatchLoader {
        defer { epoch += 1 }
        return feed.training(
            data.training[0], order: data.orders[0].pairs(epoch: epoch), firstBatch: 0,
            seed: SeededRandom.combine(1, UInt64(epoch)))
    }
}
