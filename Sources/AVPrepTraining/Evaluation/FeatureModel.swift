import AVPrepCore
import AVPrepModel
import AVPrepStore
package import AVPrepTorch

/// What a trunk of a run sees or hears, layer by layer, in evaluation. Belongs to one thread.
package final class FeatureModel {
    /// Which of the two trunks.
    package enum Side: String, Sendable, Codable, CaseIterable {
        case picture, sound
    }

    package let side: Side
    /// The layers that can be asked for, in their order.
    package var layers: [String] { trunk.layers }
    /// What it begins with, in words.
    package let origin: String
    /// The run's settings, which say how its input is made.
    package let settings: TrainSettings
    /// Stands for the weights.
    package let weightsKey: String
    package let statistics: SpectrogramStatistics
    private let engine: Engine
    private let store: ParameterStore
    private let trunk: any FeatureTrunk
    private let normalization: PictureNormalization

    /// - Parameters:
    ///   - run: the run's folder.
    ///   - randomSeed: nil for the run's weights; else its network with weights that are drawn by this: the control that shows
    ///     what the network is worth untrained. Sound is normalised as the run does.
    ///   - device: where to compute; nil for the run's own setting.
    /// - Throws: ``TrainingError`` when there is no such run, or its network has no such trunk; what the engine throws.
    package init(
        run: String, side: Side, randomSeed: UInt64? = nil, device: Engine.Device? = nil, threads: Int? = nil
    ) throws {
        let folder = RunFolder(run)
        let weights: RunFolder.Weights = try folder.has(.best) ? .best : .last
        let ranks = TrainingRanks()
        guard let checkpoint = try TrainingCheckpoint.loadIfThere(weights, of: folder, ranks) else {
            throw TrainingError(.settings, "\(run) has no checkpoint; run `avprep train`, or name another run")
        }
        let settings = checkpoint.state.settings
        guard settings.recipeName == .avts || settings.recipeName == .l3 || settings.recipeName == .l3Labels,
            settings.classifier.classes.isEmpty || side == .picture
        else {
            throw TrainingError(
                .settings,
                """
                \(run) is a run of \(TrainKey.recipe) \(settings.recipeName.rawValue), whose layers are not read one by one; name \
                a run of avts or l3
                """)
        }
        self.side = side
        self.settings = settings
        statistics = checkpoint.state.statistics
        engine = try ranks.engine(device ?? settings.device, threads: threads ?? settings.threads, settings)
        store = ParameterStore(engine: engine, seed: randomSeed)
        let path = store.root / (side == .picture ? "video" : "audio")
        let isL3 = settings.recipeName != .avts
        switch side {
        case .picture where isL3: trunk = try VGGTrunk(path, from: 3, width: settings.model.video.width)
        case .picture where settings.model.video.trunk == .i3d:
            trunk = try InceptionTrunk(path, width: settings.model.video.width)
        case .picture: trunk = try ResidualTrunk(path, settings: settings.model.video)
        case .sound where isL3 || settings.model.audio.trunk == .vgg:
            trunk = try VGGTrunk(path, from: 1, width: settings.model.audio.width)
        case .sound: trunk = try SyncNetTrunk(path, width: settings.model.audio.width)
        }
        normalization = try PictureNormalization(
            isL3 || settings.model.video.trunk == .i3d ? .symmetric : .kinetics, engine: engine)
        if let randomSeed {
            origin = "random weights of seed \(randomSeed)"
            weightsKey = origin
        } else {
            let names = Set(store.entries.map(\.name))
            let own = checkpoint.model.filter { names.contains($0.key) }
            try store.fill(from: own, source: folder.checkpoint(weights))
            weightsKey = try SHA256.digest(ofFile: folder.checkpoint(weights)).hex
            origin = "the \(weights.rawValue) weights of \(run), after \(checkpoint.state.epoch) epochs"
        }
    }

    /// The layer that the paper's classifiers of sounds are trained on, and the last one of pictures.
    package var publishedLayer: String {
        switch side {
        case .picture: trunk.layers.last ?? ""
        case .sound where trunk is VGGTrunk: "conv4_2.norm"
        case .sound: "conv5"
        }
    }

    /// Features of spectrograms: `[N, C, F', B']`, with their shape.
    ///
    /// - Parameter values: `[N, F, B]` as a clip is read, not normalised; they are changed.
    package func features(spectrograms values: inout [Float], rows: Int, layer: String) throws -> (
        values: [Float], shape: [Int]
    ) {
        precondition(side == .sound && layers.contains(layer), "no layer \(layer)")
        let bins = statistics.mean.count
        precondition(values.count % (rows * bins) == 0, "\(values.count) values of \(rows) × \(bins)")
        values.withUnsafeMutableBufferPointer { statistics.normalize($0) }
        let shape = [values.count / (rows * bins), 1, rows, bins]
        return try computed(try Tensor(values, shape: shape, engine: engine), layer)
    }

    /// Features of clips: `[N, C, T', S', S']`, or of frames `[N, C, S', S']`, with their shape.
    ///
    /// - Parameter pictures: RGB, `[N, T, S, S, 3]`.
    package func features(pictures: [UInt8], frames: Int, side length: Int, layer: String) throws -> (
        values: [Float], shape: [Int]
    ) {
        precondition(side == .picture && layers.contains(layer), "no layer \(layer)")
        let count = pictures.count / (frames * length * length * 3)
        let bytes = try Tensor(bytes: pictures, shape: [count, frames, length, length, 3], engine: engine)
        let input = try trunk is VGGTrunk ? normalization.frames(bytes) : normalization(bytes)
        let order: MemoryOrder = trunk is VGGTrunk ? .channelsLast : .channelsLast3D
        return try computed(engine.isCUDA ? input : try input.ordered(order), layer)
    }

    private func computed(_ input: Tensor, _ layer: String) throws -> (values: [Float], shape: [Int]) {
        try engine.withoutGradients {
            let features = try engine.inPrecision { try trunk(input, training: false, upTo: layer) }
            let single = try features.converted(to: .float32)
            return (try single.floats(), single.shape)
        }
    }
}
