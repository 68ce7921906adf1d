package import AVPrepClips
package import AVPrepCore
package import AVPrepModel
package import AVPrepTorch

/// How strongly places of a picture or of a spectrogram speak for "in sync" (or for "forwards").
package struct ActivationMap: Sendable, Equatable {
    /// Steps of time: 1 for a map of a whole clip.
    package let steps: Int
    /// Rows and columns; of a spectrogram one row, with its bins as columns.
    package let height: Int
    package let width: Int
    /// `[steps, height, width]`; what is below 0 speaks against it.
    package let values: [Float]

    package init(steps: Int, height: Int, width: Int, values: [Float]) {
        precondition(
            values.count == steps * height * width, "\(values.count) values of \(steps) × \(height) × \(width)")
        self.steps = steps
        self.height = height
        self.width = width
        self.values = values
    }
}

/// What a model says of a clip, and where it comes from.
package struct LocalisedClip: Sendable {
    package let pair: Pair
    /// The shard it was cut from.
    package let reader: ShardReader
    package let score: Float
    package let picture: ActivationMap
    /// Of the spectrogram; nil for a model that hears none.
    package let sound: ActivationMap?
    /// The largest value of each unit (channel) of the last features.
    package let pictureUnits: [Float]
    package let soundUnits: [Float]
}

/// A trained run that shows what of a clip its answers come from. Belongs to one thread.
package final class Localiser {
    /// Which weights of the run these are, and after how many steps.
    package let weights: RunFolder.Weights
    package let steps: Int
    package let recipe: TrainSettings.RecipeName
    /// The side of the square that the network sees, as a share of the picture's shorter side.
    package let cropShare: Double
    /// The stored spectrogram that it hears.
    package var spectrogram: String { settings.model.spectrogram }
    /// What the score is the probability of, in words.
    package var answer: String { recipe == .arrowOfTime ? "playing forwards" : "being in sync" }
    private let settings: TrainSettings
    private let statistics: SpectrogramStatistics
    private let model: any LocalisingModel
    private let inputs: [InputShape]
    private let engine: Engine
    /// The pairs that the run is measured on, of which only the lengths matter for videos that are not among them.
    package let measured: ShardDataset

    /// - Parameters:
    ///   - run: the run's folder.
    ///   - shards: the folder of shards.
    ///   - split: whose pairs ``measured`` are; nil: of the first that has any of test, val, train.
    ///   - weights: nil takes the best, or the last where validation was not possible.
    ///   - device: nil for the run's own.
    /// - Throws: ``TrainingError`` when there is no such run, its recipe has no map, or the shards do not fit it.
    package init(
        run: String, shards: String, split: Split? = nil, weights: RunFolder.Weights? = nil,
        device: Engine.Device? = nil, threads: Int? = nil
    ) throws {
        let folder = RunFolder(run)
        self.weights = try weights ?? (folder.has(.best) ? .best : .last)
        guard try folder.has(self.weights) else {
            throw TrainingError(
                .settings,
                "\(run) has no \(self.weights.rawValue) checkpoint; run `avprep train`, or name another run")
        }
        let checkpoint = try TrainingCheckpoint.load(folder.checkpoint(self.weights))
        settings = checkpoint.state.settings
        try settings.checkValues()
        statistics = checkpoint.state.statistics
        steps = checkpoint.state.step
        recipe = settings.recipeName
        cropShare = (settings.cropRange.lowerBound + settings.cropRange.upperBound) / 2
        let recipe = settings.recipe
        let shardSet = try ShardSet(shards)
        let splits = split.map { [$0] } ?? [.test, .val, .train]
        let place = splits.lazy.flatMap { split in recipe.measuredSets.map { (split, $0) } }.first {
            shardSet.holds($0, set: $1)
        }
        guard let (split, set) = place else {
            throw TrainingError(
                .data,
                """
                \(shards) has no pair set \(recipe.measuredSets.joined(separator: " or ")) in \
                \(splits.map(\.rawValue).joined(separator: ", ")); run `avprep shard`, or choose another --split
                """)
        }
        measured = try recipe.dataset(split, set: set, of: shardSet)
        inputs = try recipe.shapes(in: [measured])
        engine = try TrainingRanks().engine(device ?? settings.device, threads: threads ?? settings.threads, settings)
        let made = try recipe.makeModel(inputs, seed: nil, engine: engine)
        guard let localising = made as? any LocalisingModel else {
            let able: [TrainSettings.RecipeName] = [.l3, .multisensory, .arrowOfTime]
            throw TrainingError(
                .settings,
                """
                \(run) was trained by the recipe \(self.recipe.rawValue), whose answers have no map; name a run of \
                \(able.map(\.rawValue).joined(separator: ", "))
                """)
        }
        model = localising
        try model.store.fill(from: checkpoint.model, source: folder.checkpoint(self.weights))
    }

    /// Clips of ``measured`` that are in sync.
    package var clipsInSync: ShardDataset {
        ShardDataset(measured, pairs: measured.pairs.map { $0.filter { $0.kind == .positive } })
    }

    /// Localises every clip of a set once, in order.
    ///
    /// - Parameters:
    ///   - clips: pairs like those of ``measured``.
    ///   - units: for each clip the unit whose map is wanted instead of the answer's: of the picture, and of the sound where
    ///     the model hears. Nil for the answer's.
    ///   - body: called on this thread with each clip's number.
    /// - Throws: `CancellationError`; what reading, the engine and `body` throw.
    package func localise(
        _ clips: ShardDataset, units: [Int]? = nil, cancellation: Cancellation = Cancellation(),
        _ body: (Int, LocalisedClip) throws -> Void
    ) throws {
        guard try settings.recipe.shapes(in: [clips]) == inputs else {
            throw TrainingError(.data, "the clips of \(clips.folder) are not like those that the run was trained on")
        }
        let feed = try BatchLoaderFactory(
            settings: settings, inputs: inputs, statistics: statistics, engine: engine)
        let loader = feed.evaluation(clips)
        defer { loader.close() }
        var done = 0
        try engine.withoutGradients {
            while let batch = try loader.nextBatch() {
                try cancellation.check()
                let tensors = try TensorBatch(batch, engine: engine)
                let activations = try engine.inPrecision { try model.activations(of: tensors) }
                try engine.waitForCopies()
                let chosen = units.map { Array($0[done..<done + batch.count]) }
                let picture = try Located(activations.picture, units: chosen)
                let sound = try activations.sound.map { try Located($0, units: chosen) }
                for slot in 0..<batch.count {
                    let (pair, _, reader) = clips.locate(done)
                    try body(
                        done,
                        LocalisedClip(
                            pair: pair, reader: reader, score: activations.scores[slot], picture: picture.map(slot),
                            sound: sound?.map(slot), pictureUnits: picture.units(slot),
                            soundUnits: sound?.units(slot) ?? []))
                    done += 1
                }
            }
        }
    }

    /// The maps and units of a batch, in this process's memory.
    private struct Located {
        private let shape: [Int]
        private let values: [Float]
        private let peaks: [Float]

        init(_ features: LocatedFeatures, units: [Int]?) throws {
            let size = features.values.shape
            shape = Array(size[2...])
            var map = features.answer
            if let units {
                var chosen = [Float](repeating: 0, count: size[0] * size[1])
                for (slot, unit) in units.enumerated() where unit < size[1] { chosen[slot * size[1] + unit] = 1 }
                map = try features.map(
                    weights: try Tensor(chosen, shape: [size[0], size[1]], engine: features.values.engine))
            }
            values = try map.converted(to: .float32).floats()
            peaks = try features.peaks().converted(to: .float32).floats()
            channels = size[1]
        }

        private let channels: Int

        func map(_ slot: Int) -> ActivationMap {
            let count = shape.reduce(1, *)
            return ActivationMap(
                steps: shape[0], height: shape[1], width: shape[2],
                values: Array(values[slot * count..<(slot + 1) * count]))
        }

        func units(_ slot: Int) -> [Float] { Array(peaks[slot * channels..<(slot + 1) * channels]) }
    }
}
