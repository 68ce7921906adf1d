import AVPrepTorch

/// Multisensory's self-supervision: is the sound that of the pictures' time, or of another time of the video?
/// (Owens & Efros, ECCV 2018, arXiv 1804.03641.)
///
/// In training each clip is heard twice: with its own sound and with that of a pair out of sync. Its pictures are read and
/// looked at once. The loss is the cross-entropy of both answers; of the model's settings, both widths, `crop_size`,
/// `frame_step`, `spectrogram` and `multisensory` have a meaning here.
struct MultisensoryRecipe: TrainingRecipe {
    /// The whole network, by the names of ``MultisensoryNetwork``'s table.
    static let networkWeights = "multisensory.safetensors"

    let model: ModelSettings
    let jitter: JitterSettings

    let pairRecipes: Set<String> = ["multisensory"]
    let measuredSets = ["multisensory"]
    /// It never learns of shifts as small as those that are tried there.
    let tellsOffsets = false
    let shownPairs = EpochOrder.Rows.outOfSync
    let collapseAdvice = ""
    let score = FusionHead.score
    let weightFiles = [networkWeights]

    var hearsSpectrogram: Bool { model.multisensory.hears == .spectrogram }

    var inputs: [any SampleInput] {
        let pictures = JitteredPictureInput(
            pictures: PictureInput(frames: model.frames, size: model.cropSize, step: model.frameStep),
            brightness: jitter.brightness, saturation: jitter.saturation)
        let sound: any SampleInput
        switch model.multisensory.hears {
        case .nothing: return [pictures]
        case .waveform: sound = WaveformInput(model.multisensory, volume: jitter.volume)
        case .spectrogram:
            sound = JitteredSpectrogramInput(
                sound: SpectrogramInput(spectrogram: model.spectrogram), volume: jitter.volume)
        }
        return [pictures, sound, OwnSoundInput(sound: sound)]
    }

    func makeModel(_ inputs: [InputShape], seed: UInt64?, engine: Engine) throws -> any RecipeModel {
        let sound = model.multisensory.hears == .nothing ? nil : inputs[1]
        return Model(
            network: try Self.network(model, hearing: sound, seed: seed, engine: engine),
            normalization: try PictureNormalization(.symmetric, engine: engine), sound: sound?.name)
    }

    /// The network that these settings describe.
    ///
    /// - Parameter sound: what it hears in each sample; nil for nothing.
    /// - Throws: ``TrainingError`` (`.settings`) for sizes that make no network.
    static func network(
        _ settings: ModelSettings, hearing sound: InputShape?, answers: Int = 1, seed: UInt64?, engine: Engine
    ) throws -> MultisensoryNetwork {
        try settings.check([
            (.videoWidth, settings.video.width, 1024), (.audioWidth, settings.audio.width, 1024),
        ])
        guard settings.cropSize >= MultisensoryNetwork.smallestCrop, settings.cropSize <= 4096 else {
            throw TrainingError(
                .settings,
                "\(TrainKey.cropSize) is \(settings.cropSize); give a number from \(MultisensoryNetwork.smallestCrop) to 4096"
            )
        }
        guard 2 * settings.audio.width >= settings.video.width else {
            throw TrainingError(
                .settings,
                """
                \(TrainKey.audioWidth) is \(settings.audio.width), and Multisensory adds as many channels of the sound as \
                \(TrainKey.videoWidth) = \(settings.video.width) to the picture's; set it to \
                \((settings.video.width + 1) / 2) or more
                """)
        }
        return try MultisensoryNetwork(
            settings: settings, sound: try sound.map { try trunkInput($0, settings) }, answers: answers, seed: seed,
            engine: engine)
    }

    private static func trunkInput(_ sound: InputShape, _ settings: ModelSettings) throws -> SoundTrunk.Input {
        if settings.multisensory.hears == .spectrogram { return .spectrogram(bins: sound.sizes[2]) }
        guard sound.sizes[1] >= SoundTrunk.fewestSamples else {
            throw TrainingError(
                .settings,
                """
                a sound clip has \(sound.sizes[1]) samples, and Multisensory's audio network takes \(SoundTrunk.fewestSamples) \
                or more; raise shard.pairs.clip_seconds, and run `avprep shard`
                """)
        }
        return .waveform(channels: sound.sizes[0])
    }

    private struct Model: LocalisingModel {
        let network: MultisensoryNetwork
        let normalization: PictureNormalization
        /// The input that is heard.
        let sound: String?

        var store: ParameterStore { network.store }

        /// The cross-entropy over clips with their own sounds and the same clips with sounds of another time, which are
        /// normalised as one batch.
        func loss(of batch: TensorBatch) throws -> Tensor {
            let count = batch.kinds.count
            let sounds = try sound.map {
                try Tensor.concatenated([batch[OwnSoundInput.name(of: $0)], batch[$0]], dimension: 0)
            }
            let features = try network.features(
                pictures: try normalization(batch[PictureInput.name]), sounds: sounds, training: true)
            var logits = try network.logits(of: features)
            // Who hears nothing says the same of both.
            if sound == nil { logits = try Tensor.concatenated([logits, logits], dimension: 0) }
            let targets = [Float](repeating: 1, count: count) + [Float](repeating: 0, count: count)
            return try logits.binaryCrossEntropy(
                targets: try Tensor(targets, shape: [2 * count], engine: store.engine))
        }

        /// Probabilities of belonging together.
        func scores(of batch: TensorBatch) throws -> [Float] {
            let features = try network.features(
                pictures: try normalization(batch[PictureInput.name]), sounds: sound.map { batch[$0] },
                training: false)
            return FusionHead.probabilities(ofLogits: try network.logits(of: features).floats())
        }

        func activations(of batch: TensorBatch) throws -> Activations {
            let (logits, picture) = try network.located(
                pictures: try normalization(batch[PictureInput.name]), sounds: sound.map { batch[$0] })
            return Activations(
                scores: FusionHead.probabilities(ofLogits: try logits.floats()), picture: picture, sound: nil)
        }

        func weights(for file: String) throws -> [String: HostTensor] {
            precondition(file == MultisensoryRecipe.networkWeights, "Multisensory leaves no \(file)")
            return try store.values()
        }
    }
}
