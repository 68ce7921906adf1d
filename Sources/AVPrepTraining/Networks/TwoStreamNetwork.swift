import AVPrepTorch

/// The model that is trained: a trunk that sees and a trunk that hears, into one space of embeddings.
///
/// With ``ModelSettings/embeddingBatchNorm`` each embedding passes a batch normalisation before it is scaled
/// (`video_norm`, `audio_norm`, outside of the trunks). It takes away what all clips' embeddings have in common, which at
/// first is nearly everything: the contrastive loss then starts to fall at once, where it otherwise stays at chance for
/// hundreds of steps.
package struct TwoStreamNetwork {
    /// All tensors; those of the trunks lie under `video.` and `audio.`.
    let store: ParameterStore
    package let video: VideoNetwork
    package let audio: AudioNetwork
    private let embeddingNorm: Double
    private let videoNorm: BatchNorm?
    private let audioNorm: BatchNorm?

    /// - Parameters:
    ///   - sound: spectrogram frames of a clip, and bins.
    ///   - seed: what the first weights are drawn by; nil for a model whose weights are about to be read from a file.
    /// - Throws: `TrainingError(.settings)` for sizes that make no network.
    init(settings: ModelSettings, sound: (frames: Int, bins: Int), seed: UInt64?, engine: Engine) throws {
        try Self.check(settings, sound)
        store = ParameterStore(engine: engine, seed: seed)
        embeddingNorm = settings.embeddingNorm
        video = try VideoNetwork(
            store.root / "video", settings: settings.video, head: settings.temporalHead, frames: settings.frames,
            embedding: settings.embedding)
        audio = try AudioNetwork(
            store.root / "audio", settings: settings.audio, head: settings.temporalHead, frames: sound.frames,
            embedding: settings.embedding)
        let isNormalized = settings.embeddingBatchNorm
        videoNorm = isNormalized ? try BatchNorm(store.root / "video_norm", channels: settings.embedding) : nil
        audioNorm = isNormalized ? try BatchNorm(store.root / "audio_norm", channels: settings.embedding) : nil
    }

    /// Embeddings of clips, scaled to ``ModelSettings/embeddingNorm`` unless that is 0.
    ///
    /// - Parameters:
    ///   - clips: `[N, 3, T, S, S]`.
    ///   - spectrograms: `[N, 1, F, B]`.
    /// - Returns: two tensors `[N, embedding]`.
    func callAsFunction(clips: Tensor, spectrograms: Tensor, training: Bool) throws
        -> (video: Tensor, audio: Tensor)
    {
        (
            video: try embedVideo(clips, training: training),
            audio: try embedAudio(spectrograms, training: training)
        )
    }

    /// Embeddings of clips `[N, 3, T, S, S]`: `[N, embedding]`.
    func embedVideo(_ clips: Tensor, training: Bool) throws -> Tensor {
        try scaled(try video(clips, training: training), videoNorm, training)
    }

    /// Embeddings of spectrograms `[N, 1, F, B]`: `[N, embedding]`.
    func embedAudio(_ spectrograms: Tensor, training: Bool) throws -> Tensor {
        try scaled(try audio(spectrograms, training: training), audioNorm, training)
    }

    /// The video trunk's weights without the last layer, whose size is the embedding's; under torchvision's names where it
    /// has the trunk: `mc3_18().load_state_dict(…, strict=False)` takes them where the width is 64.
    func torchvisionVideoWeights() throws -> [String: HostTensor] {
        try store.values(under: "video.").filter { !$0.key.hasPrefix("fc.") }
    }

    private func scaled(_ embeddings: Tensor, _ norm: BatchNorm?, _ training: Bool) throws -> Tensor {
        // Distances are differences of numbers that are nearly alike: in single precision, whatever the trunks took.
        let single = try embeddings.converted(to: .float32)
        let embeddings = try norm?(single, training: training) ?? single
        guard embeddingNorm > 0 else { return embeddings }
        // The floor keeps an embedding of zeros, and its gradient, at zero.
        let length = try embeddings.power(2).sum([1], keepDimensions: true).clamped(minimum: 1e-24).squareRoot()
        return try embeddings * (try length.power(-1) * embeddingNorm)
    }

    private static func check(_ settings: ModelSettings, _ sound: (frames: Int, bins: Int)) throws {
        try settings.check([
            (.videoWidth, settings.video.width, 1024), (.audioWidth, settings.audio.width, 1024),
            (.frames, settings.frames, 4096), (.cropSize, settings.cropSize, 4096),
            (.embedding, settings.embedding, 65536), (.fusion, settings.fusion, 65536),
        ])
        guard settings.embeddingNorm >= 0, settings.embeddingNorm.isFinite else {
            throw TrainingError(
                .settings, "\(TrainKey.embeddingNorm) is \(settings.embeddingNorm); give 0 (no scaling) or more")
        }
        if settings.audio.trunk == .vgg {
            try settings.checkSound(sound, advice: ", or set \(TrainKey.audioTrunk) to syncnet")
        }
        guard sound.frames >= 1 else {
            throw TrainingError(.settings, "sound clips of \(sound.frames) spectrogram frames; make the clips longer")
        }
    }
}

extension ModelSettings {
    /// Insists on sizes from 1 to a limit.
    func check(_ sizes: [(key: TrainKey, value: Int, limit: Int)]) throws {
        for (key, value, limit) in sizes where value < 1 || value > limit {
            throw TrainingError(.settings, "\(key) is \(value); give a number from 1 to \(limit)")
        }
    }

    /// Insists that something of a spectrogram is left behind the pools of a ``VGGTrunk``.
    func checkSound(_ sound: (frames: Int, bins: Int), advice: String = "") throws {
        guard min(sound.frames, sound.bins) >= VGGTrunk.reduction else {
            throw TrainingError(
                .settings,
                """
                a sound clip has \(sound.frames) frames of \(sound.bins) bins of \(spectrogram), and the VGG trunk takes \
                \(VGGTrunk.reduction) of each or more; make the sound clips longer with `avprep shard`, or set \
                \(TrainKey.spectrogram) to a finer one\(advice)
                """)
        }
    }
}
