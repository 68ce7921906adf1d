import AVPrepTorch

/// L3-Net: does a frame belong to a second of sound? (Arandjelović & Zisserman, "Look, Listen and Learn", ICCV 2017,
/// arXiv 1705.08168.)
///
/// | part | of 224 × 224 and 199 × 257 | shape |
/// |---|---|---|
/// | `video` ``VGGTrunk``, maximum over the picture | 28 × 28 → 1 | `[N, 512]` |
/// | `audio` ``VGGTrunk``, maximum over the spectrogram | 24 × 32 → 1 | `[N, 512]` |
/// | `fusion.fc1`, ReLU | 1024 → 128 | `[N, 128]` |
/// | `fusion.fc2` | 128 → 2 | `[N, 2]` |
///
/// 9,504,898 parameters at width 64.
struct CorrespondenceNetwork {
    let store: ParameterStore
    private let video: VGGTrunk
    private let audio: VGGTrunk
    private let fusion: FusionHead

    /// - Parameters:
    ///   - sound: spectrogram frames of a clip, and bins.
    ///   - seed: what the first weights are drawn by; nil for a model whose weights are about to be read from a file.
    /// - Throws: `TrainingError(.settings)` for sizes that make no network.
    init(settings: ModelSettings, sound: (frames: Int, bins: Int), seed: UInt64?, engine: Engine) throws {
        try Self.check(settings, sound)
        store = ParameterStore(engine: engine, seed: seed)
        video = try VGGTrunk(store.root / "video", from: 3, width: settings.video.width)
        audio = try VGGTrunk(store.root / "audio", from: 1, width: settings.audio.width)
        fusion = try FusionHead(
            store.root / "fusion", from: video.channels + audio.channels, hidden: settings.fusion)
    }

    /// - Parameters:
    ///   - pictures: RGB in [-1, 1], `[N, 3, S, S]`.
    ///   - spectrograms: normalised, `[N, 1, F, B]`.
    /// - Returns: logits `[N, 2]`: of not belonging together, and of belonging together.
    func callAsFunction(pictures: Tensor, spectrograms: Tensor, training: Bool) throws -> Tensor {
        let (seen, heard) = try features(pictures, spectrograms, training: training)
        return try fusion(try seen.maximum([2, 3]), try heard.maximum([2, 3]))
    }

    /// The logits, and the units of conv4_2 that they come from. What a place says is the answer that there would be were all of
    /// the picture like it, beside the sound as it is; and the other way round.
    func located(pictures: Tensor, spectrograms: Tensor) throws -> (
        logits: Tensor, picture: LocatedFeatures, sound: LocatedFeatures
    ) {
        let (seen, heard) = try features(pictures, spectrograms, training: false)
        let (most, loudest) = (try seen.maximum([2, 3]), try heard.maximum([2, 3]))
        return (
            try fusion(most, loudest),
            try .placed(seen, isSound: false) { try fusion.answers(ofPictures: $0, besideSound: loudest) },
            try .placed(heard, isSound: true) { try fusion.answers(ofSounds: $0, besidePicture: most) }
        )
    }

    private func features(_ pictures: Tensor, _ spectrograms: Tensor, training: Bool) throws -> (Tensor, Tensor) {
        let ordered = pictures.engine.isCUDA ? pictures : try pictures.ordered(.channelsLast)
        return (try video(ordered, training: training), try audio(spectrograms, training: training))
    }

    /// - Throws: `TrainingError(.settings)` for sizes that make no network.
    static func check(_ settings: ModelSettings, _ sound: (frames: Int, bins: Int)) throws {
        try settings.check([
            (.videoWidth, settings.video.width, 1024), (.audioWidth, settings.audio.width, 1024),
            (.fusion, settings.fusion, 65536),
        ])
        guard settings.cropSize >= VGGTrunk.reduction, settings.cropSize <= 4096 else {
            throw TrainingError(
                .settings,
                "\(TrainKey.cropSize) is \(settings.cropSize); give a number from \(VGGTrunk.reduction) to 4096")
        }
        try settings.checkSound(sound)
    }
}
