import AVPrepTorch

/// A network, or a part of one, that can be left at any of its layers, in evaluation.
protocol LayeredNetwork {
    /// The layers whose features can be asked for, in their order.
    var layers: [String] { get }
    /// The layer that the paper's classifiers are trained on, or the last.
    var publishedLayer: String { get }

    /// - Parameter layer: one of ``layers``.
    /// - Returns: `[N, C, …]`.
    func features(of batch: TensorBatch, upTo layer: String) throws -> Tensor

    /// Whether clips with these inputs fit its weights; else what is wrong with them, in words.
    func fault(of inputs: [InputShape]) -> String?
}

extension LayeredNetwork {
    var publishedLayer: String { layers.last ?? "" }
    func fault(of inputs: [InputShape]) -> String? { nil }
}

/// What sees in AVTS or L3-Net.
struct SeeingTrunk: LayeredNetwork {
    let trunk: any FeatureTrunk
    let normalization: PictureNormalization

    var layers: [String] { trunk.layers }

    func features(of batch: TensorBatch, upTo layer: String) throws -> Tensor {
        let bytes = batch[PictureInput.name]
        let input = try trunk is VGGTrunk ? normalization.frames(bytes) : normalization(bytes)
        let order: MemoryOrder = trunk is VGGTrunk ? .channelsLast : .channelsLast3D
        return try trunk(input.engine.isCUDA ? input : try input.ordered(order), training: false, upTo: layer)
    }
}

/// What hears in AVTS or L3-Net.
struct HearingTrunk: LayeredNetwork {
    let trunk: any FeatureTrunk

    var layers: [String] { trunk.layers }
    var publishedLayer: String { trunk is VGGTrunk ? "conv4_2.norm" : "conv5" }

    func features(of batch: TensorBatch, upTo layer: String) throws -> Tensor {
        try trunk(batch[SpectrogramInput.name], training: false, upTo: layer)
    }
}

/// T-CAM.
struct ArrowLayers: LayeredNetwork {
    let network: ArrowNetwork
    /// Of flow in a clip.
    let planes: Int

    var layers: [String] { network.layers }

    func features(of batch: TensorBatch, upTo layer: String) throws -> Tensor {
        try network.features(try batch[FlowInput.name].converted(to: .float32) - 128, training: false, upTo: layer)
    }

    func fault(of inputs: [InputShape]) -> String? {
        let own = inputs[FlowInput.name]?.sizes[0] ?? 0
        return own == planes ? nil : "have \(own / 2) pictures of flow, and its network takes \(planes / 2)"
    }
}

/// A part of Multisensory.
struct MultisensoryPart: LayeredNetwork {
    let network: MultisensoryNetwork
    let layers: [String]
    /// The input that is heard, and its channels or bins.
    let sound: (name: String, channels: Int)?
    let normalization: PictureNormalization

    func features(of batch: TensorBatch, upTo layer: String) throws -> Tensor {
        try network.features(
            pictures: try normalization(batch[PictureInput.name]), sounds: sound.map { batch[$0.name] }, upTo: layer)
    }

    func fault(of inputs: [InputShape]) -> String? {
        guard let sound, let sizes = inputs[sound.name]?.sizes else { return nil }
        let own = sound.name == WaveformInput.name ? sizes[0] : sizes[sizes.count - 1]
        if own != sound.channels {
            let unit = sound.name == WaveformInput.name ? "channels of sound" : "bins"
            return "have \(own) \(unit), and its network hears \(sound.channels)"
        }
        let isShort = sound.name == WaveformInput.name && sizes[1] < SoundTrunk.fewestSamples
        return isShort
            ? "have \(sizes[1]) samples of sound, and its network hears \(SoundTrunk.fewestSamples) or more" : nil
    }
}
