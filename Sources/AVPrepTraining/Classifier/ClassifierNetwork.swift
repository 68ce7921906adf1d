import AVPrepCore
import AVPrepTorch

/// The network of a recipe with an answer a class: what sees in AVTS and L3-Net, T-CAM, or all of Multisensory.
///
/// | recipe | layers | answers |
/// |---|---|---|
/// | `avts` | `video` ``VideoNetwork``, averaged over time and space | `video.fc`, as in torchvision |
/// | `l3` | `video` ``VGGTrunk`` of the clip's first frame, its maximum | `video.fc` |
/// | `arrow-of-time` | ``ArrowNetwork`` | `fc` |
/// | `multisensory` | ``MultisensoryNetwork``, averaged over time and space | `fc` |
struct ClassifierNetwork {
    private enum Trunk {
        case video(VideoNetwork, PictureNormalization)
        case picture(VGGTrunk, Linear, PictureNormalization)
        case flow(ArrowNetwork)
        /// With the input that is heard.
        case both(MultisensoryNetwork, sound: String?, PictureNormalization)
    }

    let store: ParameterStore
    private let trunk: Trunk

    /// - Parameters:
    ///   - inputs: what it is fed.
    ///   - seed: what the first weights are drawn by; nil for a model whose weights are about to be read from a file.
    /// - Throws: ``TrainingError`` (`.settings`) for sizes that make no network, and recipes that have none for classes.
    init(_ settings: TrainSettings, _ inputs: [InputShape], seed: UInt64?, engine: Engine) throws {
        let model = settings.model
        let classes = settings.classifier.classes.count
        switch settings.recipeName {
        case .avts:
            try model.check([
                (.videoWidth, model.video.width, 1024), (.cropSize, model.cropSize, 4096),
                (.frames, model.frames, 4096),
            ])
            store = ParameterStore(engine: engine, seed: seed)
            trunk = .video(
                try VideoNetwork(
                    store.root / "video", settings: model.video, head: .average, frames: model.frames,
                    embedding: classes),
                try PictureNormalization(model.video.trunk == .i3d ? .symmetric : .kinetics, engine: engine))
        case .l3:
            try model.check([(.videoWidth, model.video.width, 1024)])
            store = ParameterStore(engine: engine, seed: seed)
            let vgg = try VGGTrunk(store.root / "video", from: 3, width: model.video.width)
            trunk = .picture(
                vgg, try Linear(store.root / "video" / "fc", from: vgg.channels, to: classes),
                try PictureNormalization(.symmetric, engine: engine))
        case .arrowOfTime:
            let network = try ArrowOfTimeRecipe.network(
                model, planes: inputs[FlowInput.name]?.sizes[0] ?? 0, answers: classes, seed: seed, engine: engine)
            (store, trunk) = (network.store, .flow(network))
        case .multisensory:
            let sound = inputs.first { [WaveformInput.name, SpectrogramInput.name].contains($0.name) }
            let network = try MultisensoryRecipe.network(
                model, hearing: sound, answers: classes, seed: seed, engine: engine)
            store = network.store
            trunk = .both(
                network, sound: sound?.name, try PictureNormalization(.symmetric, engine: engine))
        case .l3Labels, .separation: throw ClassifierRecipe.refusal(of: settings.recipeName)
        }
    }

    /// Logarithms of the classes' probabilities: `[N, classes]`, in single precision.
    func callAsFunction(_ batch: TensorBatch, training: Bool) throws -> Tensor {
        try answers(batch, training: training).converted(to: .float32).logSoftmax(1)
    }

    private func answers(_ batch: TensorBatch, training: Bool) throws -> Tensor {
        switch trunk {
        case .video(let network, let normalization):
            return try network(try normalization(batch[PictureInput.name]), training: training)
        case .picture(let vgg, let layer, let normalization):
            let frames = try normalization.frames(batch[PictureInput.name])
            let ordered = frames.engine.isCUDA ? frames : try frames.ordered(.channelsLast)
            return try layer(try vgg(ordered, training: training).maximum([2, 3]))
        case .flow(let network):
            return try network.answers(
                try batch[FlowInput.name].converted(to: .float32) - 128, training: training,
                dropoutSeed: training ? ArrowOfTimeRecipe.dropoutSeed(of: batch.pairs) : 0)
        case .both(let network, let sound, let normalization):
            let features = try network.features(
                pictures: try normalization(batch[PictureInput.name]), sounds: sound.map { batch[$0] },
                training: training)
            return try network.answers(of: features)
        }
    }
}

extension TrainSettings.RecipeName {
    /// The layer of a classifier's answers, by the beginning of its tensors' names.
    var answerLayer: String { self == .avts || self == .l3 ? "video.fc" : "fc" }

    /// The part of a model that takes weights from a file: all of the network, or what sees.
    var seeingPart: String { self == .avts || self == .l3 ? "video" : "network" }
}

extension TrainSettings {
    /// The parts that do not learn, by the beginnings of their tensors' names, when these layers do.
    func frozenParts(learning layers: LearntLayers) -> [String] {
        if layers == .all { return [] }
        let stages: (below: [String], last: [String]) =
            switch recipeName {
            case .avts where model.video.trunk == .i3d:
                (
                    ["Conv3d_1a_7x7", "Conv3d_2b_1x1", "Conv3d_2c_3x3"]
                        + ["3b", "3c", "4b", "4c", "4d", "4e", "4f"].map {
                            "Mixed_\($0)"
                        }, ["Mixed_5b", "Mixed_5c"]
                )
            case .avts: (["stem", "layer1", "layer2", "layer3"], ["layer4"])
            case .l3: ((1...3).flatMap { ["conv\($0)_1", "conv\($0)_2"] }, ["conv4_1", "conv4_2"])
            case .arrowOfTime:
                (
                    zip(1..., [2, 2, 3, 3, 3]).flatMap { block, count in (1...count).map { "conv\(block)_\($0)" } },
                    ["fusion1", "fusion2"]
                )
            case .multisensory: (model.multisensory.hears == .nothing ? ["video"] : ["video", "audio"], ["fusion"])
            case .l3Labels, .separation: ([], [])
            }
        let parts = layers == .lastLayer ? stages.below + stages.last : stages.below
        return recipeName.seeingPart == "video" ? parts.map { "video.\($0)" } : parts
    }
}
