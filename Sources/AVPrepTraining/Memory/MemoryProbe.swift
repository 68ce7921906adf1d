import AVPrepCore
import AVPrepModel
import AVPrepTorch
import Foundation

/// Measures what a step of training takes of memory, before the first: steps on a few empty samples, by a model of its own, so
/// that nothing of the run is touched.
///
/// Memory grows by the same amount with each pair (`MemoryProbeTests` holds it against whole batches), so two small batches
/// tell of a large one. What was measured is noted in the run's folder: a run that goes on begins at once.
struct MemoryProbe {
    /// The note's name in the run's folder.
    static let fileName = "memory.json"

    /// What was measured, and for what.
    struct Measure: Codable, Equatable {
        var key: String
        var fixed: Int
        var perPair: Int
    }

    let settings: TrainSettings
    let inputs: [InputShape]
    let engine: Engine
    let ranks: TrainingRanks

    /// Pairs that a process computes at once.
    private var pairsAtOnce: Int {
        ranks.share(ofBatch: settings.batchSize).count / max(1, settings.accumulate / ranks.count)
    }

    /// What a step takes: as noted in the run's folder, or measured.
    ///
    /// - Parameters:
    ///   - model: of the run; it is asked for its sizes alone.
    ///   - measuring: called before it is measured, by rank 0.
    func need(of model: any RecipeModel, _ folder: RunFolder, measuring: () -> Void) throws -> MemoryNeed {
        let key = try self.key
        // All measure, or none: some layers compute with the other processes.
        let note = try noted(key, folder)
        let measure: Measure
        if let note {
            measure = note
        } else {
            if ranks.leads { measuring() }
            measure = try self.measure(key)
            if ranks.leads {
                try AtomicFile.write(try JSONEncoder().encode(measure), to: "\(folder.path)/\(Self.fileName)")
            }
        }
        let pairs = ranks.share(ofBatch: settings.batchSize).count
        return MemoryNeed(
            state: state(model.store), fixed: measure.fixed, perPair: measure.perPair,
            perLoadedPair: Batch.byteCount(capacity: 1, inputs: inputs)
                * BatchLoaderFactory.bufferCount(settings, inputs: inputs, batchSize: pairs),
            pairs: pairs, pairsAtOnce: pairsAtOnce, processes: ranks.group?.localSize ?? 1, isOnCPU: !engine.isCUDA)
    }

    /// A note that cannot be read is as good as none.
    private func noted(_ key: String, _ folder: RunFolder) throws -> Measure? {
        func note() -> Measure? {
            FileManager.default.contents(atPath: "\(folder.path)/\(Self.fileName)")
                .flatMap { try? JSONDecoder().decode(Measure.self, from: $0) }
                .flatMap { $0.key == key && $0.fixed >= 0 && $0.perPair >= 0 ? $0 : nil }
        }
        guard let group = ranks.group else { return note() }
        let sent = try group.broadcast(try note().map { try JSONEncoder().encode($0) } ?? Data("none".utf8))
        return try? JSONDecoder().decode(Measure.self, from: sent)
    }

    /// Stands for everything that the numbers depend on.
    private var key: String {
        get throws {
            let sizes = inputs.map { "\($0.name) \($0.type) \($0.sizes)" }
            return try CanonicalJSON.key(
                of: [CanonicalJSON.encode(settings), engine.description, engine.deviceName, "\(engine.threads)"]
                    + ["\(ranks.count)"] + sizes)
        }
    }

    /// Parts of the model that no stage learns need no gradients.
    private var frozen: [String] {
        guard let first = settings.stages.first else { return [] }
        return first.freeze.filter { part in settings.stages.allSatisfy { $0.freeze.contains(part) } }
    }

    private func measure(_ key: String) throws -> Measure {
        let model = try settings.recipe.makeModel(inputs, seed: nil, engine: engine)
        try model.store.freeze(frozen)
        let most = pairsAtOnce
        // Batch normalisation wants two at least, and where there are two, gradients are there already as after a first part.
        let sizes = most > 3 ? [2, 4] : most > 2 ? [2, 3] : [most]
        let batch = try Batch(capacity: sizes.last ?? most, inputs: inputs, engine: engine)
        try step(model, batch, sizes[0])
        let peaks = try sizes.map { size in try engine.peakBytes { try step(model, batch, size) } }
        guard let small = peaks.first, let large = peaks.last, sizes.count > 1 else {
            return Measure(key: key, fixed: 0, perPair: (peaks[0] + most - 1) / most)
        }
        let perPair = max(0, large - small) / (sizes[1] - sizes[0])
        return Measure(key: key, fixed: max(0, small - perPair * sizes[0]), perPair: perPair)
    }

    private func step(_ model: any RecipeModel, _ batch: Batch, _ count: Int) throws {
        batch.fill(count)
        let loss = try engine.inPrecision { try model.loss(of: TensorBatch(batch, engine: engine)) }
        try loss.backward()
        // Reading the number waits for the device.
        _ = try loss.item()
        try engine.waitForCopies()
    }

    /// Gradients, and moments of the optimiser; of several processes also the gradients that are summed at once.
    private func state(_ store: ParameterStore) -> Int {
        let learnt = store.parameters.filter { !$0.isIn(frozen) }.reduce(0) { $0 + $1.tensor.count * 4 }
        let moments =
            switch settings.optimizer.kind {
            case .sgd: settings.optimizer.momentum == 0 ? 0 : 1
            case .adam, .adamW: 2
            }
        return learnt * (1 + moments) + (ranks.count > 1 ? min(learnt, ParameterStore.gradientBucketBytes) : 0)
    }
}

extension Engine {
    /// What this engine's device has left; nil where nothing tells.
    func availableMemory() throws -> AvailableMemory? {
        guard isCUDA else { return AvailableMemory.now() }
        return try freeDeviceBytes().map {
            AvailableMemory(bytes: $0, limit: "the memory of \(deviceName)", isShared: false)
        }
    }
}

extension Batch {
    /// Declares so many samples of zeros, in pairs in sync and not.
    fileprivate func fill(_ count: Int) {
        begin(Array(0..<count)[...])
        for slot in 0..<count {
            labels[slot] = slot % 2 == 0 ? 1 : 0
            kinds[slot] = slot % 2 == 0 ? .positive : .easy
        }
    }
}
