import AVPrepTorch

/// On- and off-screen sound: which part of a mixture belongs to what is seen? (Owens & Efros, ECCV 2018, §5)
///
/// Of a pair only the pictures count, with their own sound; the other sound is drawn (``MixtureInput``). The features of what is
/// seen are those of a ``MultisensoryNetwork`` that hears the mixture, begun with `model.multisensory.weights` or not, and learnt along
/// unless it is frozen (`video`, `audio` and `fusion`).
struct SeparationRecipe: TrainingRecipe {
    static let networkWeights = "separation.safetensors"
    /// Where the u-net's weights lie.
    private static let part = "unet"

    let settings: SeparationSettings
    let model: ModelSettings
    let jitter: JitterSettings

    let pairRecipes: Set<String> = ["avts", "multisensory"]
    /// What is measured are decibels, not answers: ``SeparationMeasure``.
    let measuredSets: [String] = []
    let tellsOffsets = false
    let hearsSpectrogram = false
    let collapseAdvice = ""
    let score = PairScore(name: "loss", order: .below)
    let weightFiles = [networkWeights]

    var inputs: [any SampleInput] {
        let parts: [MixtureInput.Part] =
            settings.features == .none ? [.spectra, .sounds] : [.spectra, .sounds, .mixture]
        let mixtures = parts.map { MixtureInput(part: $0, settings: settings, waveform: model.multisensory) }
        guard settings.features != .none else { return mixtures }
        return mixtures + [
            JitteredPictureInput(
                pictures: PictureInput(frames: model.frames, size: model.cropSize, step: max(1, model.frameStep)),
                brightness: jitter.brightness, saturation: jitter.saturation)
        ]
    }

    func makeModel(_ inputs: [InputShape], seed: UInt64?, engine: Engine) throws -> any RecipeModel {
        try separator(inputs, seed: seed, engine: engine)
    }

    func separator(_ inputs: [InputShape], seed: UInt64?, engine: Engine) throws -> SeparationModel {
        try settings.check()
        var trunk: MultisensoryNetwork?
        var features: [Int] = []
        if settings.features == .multisensory {
            guard model.multisensory.hears == .waveform else {
                throw TrainingError(
                    .settings,
                    "\(TrainKey.hears) is \(model.multisensory.hears.rawValue), and separation hears the waveform of the mixture; set it to waveform"
                )
            }
            trunk = try MultisensoryRecipe.network(
                model, hearing: inputs[MixtureInput.Part.mixture.rawValue], seed: seed, engine: engine)
            features = [1, 2, 8].map { $0 * model.video.width }
        }
        let store = trunk?.store ?? ParameterStore(engine: engine, seed: seed)
        return SeparationModel(
            settings: settings, trunk: trunk,
            network: try SeparationNetwork(
                store.root / Self.part, width: settings.width, layers: settings.layers, features: features),
            normalization: try PictureNormalization(.symmetric, engine: engine))
    }
}

/// A separating model with its weights.
struct SeparationModel: RecipeModel {
    let settings: SeparationSettings
    /// Nil where what is seen plays no part.
    let trunk: MultisensoryNetwork?
    let network: SeparationNetwork
    let normalization: PictureNormalization

    var store: ParameterStore { network.store }

    func loss(of batch: TensorBatch) throws -> Tensor { try losses(of: batch, training: true).mean() }

    /// Losses of the batch's mixtures: the smaller the better.
    func scores(of batch: TensorBatch) throws -> [Float] { try losses(of: batch, training: false).floats() }

    private func losses(of batch: TensorBatch, training: Bool) throws -> Tensor {
        let (on, off) = try spectra(of: batch, training: training)
        let truth = batch[MixtureInput.Part.spectra.rawValue]
        return try SeparationLoss(settings: settings)(
            on: on, off: off, trueOn: Self.plane(1, of: truth), trueOff: Self.plane(2, of: truth))
    }

    /// What is found of a batch's mixtures: `[N, 2, T, F]` of either sound.
    func spectra(of batch: TensorBatch, training: Bool) throws -> (on: Tensor, off: Tensor) {
        let mixture = try Self.plane(0, of: batch[MixtureInput.Part.spectra.rawValue])
        var features: [Tensor] = []
        if let trunk {
            let seen = try trunk.features(
                pictures: try normalization(batch[PictureInput.name]),
                sounds: batch[MixtureInput.Part.mixture.rawValue], training: training)
            features = try [seen.conv2, seen.conv3, seen.conv5].map { try $0.mean([3, 4]).converted(to: .float32) }
        }
        return try network(mixture, features: features, training: training)
    }

    private static func plane(_ number: Int, of spectra: Tensor) throws -> Tensor {
        let shape = spectra.shape
        return try spectra.narrowed(1, number..<number + 1).reshaped([shape[0]] + shape[2...])
    }

    func weights(for file: String) throws -> [String: HostTensor] {
        precondition(file == SeparationRecipe.networkWeights, "separation leaves no \(file)")
        return try store.values()
    }
}
