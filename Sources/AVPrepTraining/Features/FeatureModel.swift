import AVPrepCore
import AVPrepModel
import AVPrepStore
package import AVPrepTorch

/// What a part of a run's network sees or hears, layer by layer, in evaluation. Belongs to one thread.
package final class FeatureModel {
    /// Which part.
    package enum Side: String, Sendable, Codable, CaseIterable {
        /// What sees alone; in T-CAM all of it, which sees flow.
        case picture
        /// What hears alone.
        case sound
        /// What sees and hears, from where both are joined.
        case fused
    }

    package let side: Side
    /// The layers that can be asked for, in their order.
    package var layers: [String] { network.layers }
    /// The layer that the paper's classifiers are trained on, or the last.
    package var publishedLayer: String { network.publishedLayer }
    /// What it begins with, in words.
    package let origin: String
    /// The run's settings, which say how its input is made.
    package let settings: TrainSettings
    /// Stands for the weights.
    package let weightsKey: String
    package let statistics: SpectrogramStatistics
    /// Whether recordings alone are enough: of other parts clips have pictures.
    package var hearsSpectrogramAlone: Bool { network is HearingTrunk }
    let run: String
    let engine: Engine
    let network: any LayeredNetwork

    /// - Parameters:
    ///   - run: the run's folder.
    ///   - side: nil for what hears of AVTS and L3-Net, T-CAM's network, and what sees and hears of Multisensory.
    ///   - randomSeed: nil for the run's weights; else its network with weights that are drawn by this: the control that shows
    ///     what the network is worth untrained. Sound is normalised as the run does.
    ///   - device: where to compute; nil for the run's own setting.
    /// - Throws: ``TrainingError`` when there is no such run, or its network has no such part; what the engine throws.
    package init(
        run: String, side wanted: Side? = nil, randomSeed: UInt64? = nil, device: Engine.Device? = nil,
        threads: Int? = nil
    ) throws {
        let pretrained = try PretrainedRun(run)
        let settings = pretrained.settings
        let sides = settings.featureSides
        let side = wanted ?? sides.last ?? .picture
        guard sides.contains(side) else {
            let has =
                sides.isEmpty
                ? "whose layers are not read one by one; name a run of avts, l3, multisensory or arrow-of-time"
                : "and has no layers of \(side.rawValue); it has those of \(sides.map(\.rawValue).joined(separator: ", "))"
            let kind = settings.classifier.classes.isEmpty ? "" : ", fine-tuned to classes"
            throw TrainingError(
                .settings, "\(run) is a run of \(TrainKey.recipe) \(settings.recipeName.rawValue)\(kind), \(has)")
        }
        let model = try pretrained.tensors()
        self.run = run
        self.side = side
        self.settings = settings
        statistics = pretrained.statistics
        engine = try TrainingRanks().engine(device ?? settings.device, threads: threads ?? settings.threads, settings)
        let store: ParameterStore
        (network, store) = try Self.network(settings, side, like: model, seed: randomSeed, engine: engine)
        if let randomSeed {
            origin = "random weights of seed \(randomSeed)"
            weightsKey = origin
        } else {
            let names = Set(store.entries.map(\.name))
            try store.fill(from: model.filter { names.contains($0.key) }, source: pretrained.checkpoint)
            weightsKey = try SHA256.digest(ofFile: pretrained.checkpoint).hex
            origin = "the \(pretrained.weights.rawValue) weights of \(run), after \(pretrained.epochs) epochs"
        }
    }

    /// - Parameter weights: of the run, whose shapes say what it was fed.
    private static func network(
        _ settings: TrainSettings, _ side: Side, like weights: [String: HostTensor], seed: UInt64?, engine: Engine
    ) throws -> (any LayeredNetwork, ParameterStore) {
        let model = settings.model
        func channels(_ name: String) -> Int { weights[name].map { $0.shape[1] } ?? 1 }
        switch settings.recipeName {
        case .avts, .l3, .l3Labels, .separation:
            let store = ParameterStore(engine: engine, seed: seed)
            let path = store.root / (side == .picture ? "video" : "audio")
            let isL3 = settings.recipeName != .avts
            if side == .sound {
                let isVGG = isL3 || model.audio.trunk == .vgg
                let width = model.audio.width
                let trunk: any FeatureTrunk
                if isVGG {
                    trunk = try VGGTrunk(path, from: 1, width: width)
                } else {
                    trunk = try SyncNetTrunk(path, width: width)
                }
                return (HearingTrunk(trunk: trunk), store)
            }
            let trunk: any FeatureTrunk
            if isL3 {
                trunk = try VGGTrunk(path, from: 3, width: model.video.width)
            } else if model.video.trunk == .i3d {
                trunk = try InceptionTrunk(path, width: model.video.width)
            } else {
                trunk = try ResidualTrunk(path, settings: model.video)
            }
            let normalization = try PictureNormalization(
                isL3 || model.video.trunk == .i3d ? .symmetric : .kinetics, engine: engine)
            return (SeeingTrunk(trunk: trunk, normalization: normalization), store)
        case .arrowOfTime:
            let segments = max(1, model.segments)
            let planes = channels("conv1_1.0.weight") * segments
            let network = try ArrowNetwork(
                width: model.video.width, pictures: planes / 2, segments: segments,
                answers: max(1, settings.classifier.classes.count), seed: seed, engine: engine)
            return (ArrowLayers(network: network, planes: planes), network.store)
        case .multisensory:
            let heard = channels("audio.conv1_1.0.weight")
            let sound: (SoundTrunk.Input, name: String)? =
                switch model.multisensory.hears {
                case .nothing: nil
                case .waveform: (.waveform(channels: heard), WaveformInput.name)
                case .spectrogram: (.spectrogram(bins: heard), SpectrogramInput.name)
                }
            let network = try MultisensoryNetwork(
                settings: model, sound: sound?.0, answers: max(1, settings.classifier.classes.count), seed: seed,
                engine: engine)
            let layers = network.layers
            return (
                MultisensoryPart(
                    network: network,
                    layers: side == .picture ? layers.picture : side == .sound ? layers.sound : layers.fused,
                    sound: sound.map { ($0.name, heard) },
                    normalization: try PictureNormalization(.symmetric, engine: engine)), network.store
            )
        }
    }

    /// Features of spectrograms: `[N, C, F', B']`, with their shape.
    ///
    /// - Parameter values: `[N, F, B]` as a clip is read, not normalised; they are changed.
    package func features(spectrograms values: inout [Float], rows: Int, layer: String) throws -> (
        values: [Float], shape: [Int]
    ) {
        precondition(hearsSpectrogramAlone && layers.contains(layer), "no layer \(layer)")
        let bins = statistics.mean.count
        precondition(values.count % (rows * bins) == 0, "\(values.count) values of \(rows) × \(bins)")
        values.withUnsafeMutableBufferPointer { statistics.normalize($0) }
        let shape = [values.count / (rows * bins), 1, rows, bins]
        return try computed([SpectrogramInput.name: try Tensor(values, shape: shape, engine: engine)], layer)
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
        return try computed([PictureInput.name: bytes], layer)
    }

    private func computed(_ inputs: [String: Tensor], _ layer: String) throws -> (values: [Float], shape: [Int]) {
        let labels = try Tensor([0], shape: [1], engine: engine)
        return try computed(TensorBatch(inputs: inputs, labels: labels, kinds: []), layer)
    }

    func computed(_ batch: TensorBatch, _ layer: String) throws -> (values: [Float], shape: [Int]) {
        try engine.withoutGradients {
            let features = try engine.inPrecision { try network.features(of: batch, upTo: layer) }
            let single = try features.converted(to: .float32)
            return (try single.floats(), single.shape)
        }
    }
}

extension TrainSettings {
    /// The parts whose layers can be read; the last is that which is taken where none is named.
    fileprivate var featureSides: [FeatureModel.Side] {
        let isClassifier = !classifier.classes.isEmpty
        return switch recipeName {
        case .avts, .l3, .l3Labels: isClassifier ? [.picture] : [.picture, .sound]
        case .arrowOfTime: [.picture]
        case .multisensory: model.multisensory.hears == .nothing ? [.picture, .fused] : [.picture, .sound, .fused]
        case .separation: []
        }
    }

    /// What a clip consists of for one of these parts.
    func featureInputs(_ side: FeatureModel.Side) -> [any SampleInput] {
        switch recipeName {
        case .avts: [AVTSRecipe(model: model, loss: loss, jitter: jitter).inputs[side == .picture ? 0 : 1]]
        case .l3, .l3Labels: [L3Recipe(model: model, jitter: jitter).inputs[side == .picture ? 0 : 1]]
        case .arrowOfTime:
            [FlowInput(size: model.cropSize, segments: max(1, model.segments), playsBackwards: false)]
        case .multisensory:
            MultisensoryRecipe(model: model, jitter: jitter).inputs.filter { !($0 is OwnSoundInput) }
        case .separation: []
        }
    }
}
