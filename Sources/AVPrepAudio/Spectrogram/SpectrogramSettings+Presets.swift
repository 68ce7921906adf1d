extension SpectrogramSettings {
    /// Presets by name. They give the values of all settings that are not set explicitly.
    package enum Preset: String, Sendable, Codable, CaseIterable {
        /// No preset: the defaults are those of ``SpectrogramSettings/avts``.
        case none
        case avts, vmz, avslowfast, l3, l3embedding
        case openl3Linear = "openl3_linear"
        case openl3Mel128 = "openl3_mel128"
        case openl3Mel256 = "openl3_mel256"
        case multisensory, magnitude, power
    }

    /// The values of a preset; those of `avts` for `none`.
    package static func named(_ preset: Preset) -> SpectrogramSettings {
        var settings = values(of: preset)
        settings.preset = preset
        return settings
    }

    /// AVTS (arXiv 1807.00230): 16 kHz, 20 ms windows every 10 ms, 1024-point transform, 40 mel bands. 100 frames per second.
    package static let avts = named(.avts)

    /// L3-Net (arXiv 1705.08168): 48 kHz, 480-sample windows every 240, 512-point transform. 257 bins × 199 frames for
    /// one second, as in the paper: only whole windows give a frame.
    package static let l3 = named(.l3)

    private static func values(of preset: Preset) -> SpectrogramSettings {
        switch preset {
        case .none, .avts:
            SpectrogramSettings(
                name: "mel", kind: .mel, sampleRate: 16_000, fftLength: 1024, windowLength: 320, hopLength: 160)
        case .vmz: vmz
        case .avslowfast: avSlowFast
        case .l3: l3Net
        case .l3embedding: l3embedding
        case .openl3Linear: openL3Linear
        case .openl3Mel128: openL3Mel(bands: 128)
        case .openl3Mel256: openL3Mel(bands: 256)
        case .multisensory: multisensory
        case .magnitude: plain("magnitude", power: 1)
        case .power: plain("power", power: 2)
        }
    }

    private static var l3Net: SpectrogramSettings {
        var settings = SpectrogramSettings(
            name: "logspec", kind: .linear, sampleRate: 48_000, fftLength: 512, windowLength: 480, hopLength: 240)
        settings.power = 1
        settings.padEnd = false
        settings.storedType = .float16
        return settings
    }

    /// VMZ's audio input (`LogMels.cc`): 16 kHz, 16 ms symmetric Hann windows every 10 ms, 40 mel bands whose weights
    /// sum to 1, its gain and its logarithm. Its mel scale differs from HTK's by 4 of 1127 parts in a million, and it
    /// spreads 129 bins over 8 kHz where there should be 128; the triangles here are librosa's.
    private static var vmz: SpectrogramSettings {
        var settings = SpectrogramSettings(
            name: "vmz", kind: .mel, sampleRate: 16_000, fftLength: 256, windowLength: 256, hopLength: 160)
        settings.periodicWindow = false
        settings.melScale = .htk
        settings.melNorm = .sum
        // Its lowest triangles are narrower than the bin spacing.
        settings.emptyBands = .zero
        settings.gain = 1_080_674_186.3482928
        settings.logarithm = .naturalOrLinear
        return settings
    }

    /// AVSlowFast's audio pathway: 16 kHz, 32 ms windows every 16 ms, 40 HTK mel bands, log(x + 1e-8).
    private static var avSlowFast: SpectrogramSettings {
        var settings = SpectrogramSettings(
            name: "avslowfast", kind: .mel, sampleRate: 16_000, fftLength: 512, windowLength: 512, hopLength: 256)
        settings.melScale = .htk
        settings.logarithm = .naturalOffset
        settings.amin = 1e-8
        settings.padEnd = false
        return settings
    }

    /// l3embedding's `cnn_L3_orig`: magnitudes, log(max(x, 1e-12)) / 5. 257 bins × 197 frames for one second.
    private static var l3embedding: SpectrogramSettings {
        var settings = kapreLinear("l3embedding")
        settings.logarithm = .natural
        settings.amin = 1e-12
        settings.scale = 0.2
        return settings
    }

    /// OpenL3's `linear`: decibels relative to the clip's maximum, down to -80. 257 bins × 197 frames for one second.
    ///
    /// Kapre, which OpenL3 was trained with, applies 10·log10 to magnitudes.
    private static var openL3Linear: SpectrogramSettings {
        var settings = kapreLinear("openl3_linear")
        settings.logarithm = .powerToDB
        settings.referenceIsMaximum = true
        settings.topDecibels = 80
        return settings
    }

    private static func kapreLinear(_ name: String) -> SpectrogramSettings {
        var settings = SpectrogramSettings(
            name: name, kind: .linear, sampleRate: 48_000, fftLength: 512, windowLength: 512, hopLength: 242)
        settings.power = 1
        settings.padEnd = false
        return settings
    }

    /// OpenL3's `mel128` and `mel256`: HTK mel bands of the power spectrum, centred, decibels relative to the clip's
    /// maximum, down to -80. 199 frames for one second.
    ///
    /// Kapre computes 10·log10(max(√x, 1e-10)) of a band's power x, which is half of 10·log10(max(x, 1e-20)). Its
    /// padding places frames 42 samples (0.9 ms) later than librosa's `center`, which is used here as in OpenL3's later
    /// front end.
    private static func openL3Mel(bands: Int) -> SpectrogramSettings {
        var settings = SpectrogramSettings(
            name: "openl3_mel\(bands)", kind: .mel, sampleRate: 48_000, fftLength: 2048, windowLength: 2048,
            hopLength: 242)
        settings.center = true
        settings.melBands = bands
        settings.melScale = .htk
        // The lowest of 256 bands lies between two bins.
        settings.emptyBands = .zero
        settings.logarithm = .powerToDB
        settings.amin = 1e-20
        settings.referenceIsMaximum = true
        settings.topDecibels = 80
        settings.scale = 0.5
        return settings
    }

    /// The spectrogram of Multisensory's source separation (arXiv 1804.03641): 21 kHz, 64 ms windows every 16 ms,
    /// 1025 bins, 20·log10(max(x, 1e-5)).
    private static var multisensory: SpectrogramSettings {
        var settings = SpectrogramSettings(
            name: "multisensory", kind: .linear, sampleRate: 21_000, fftLength: 2048, windowLength: 1344,
            hopLength: 336)
        settings.power = 1
        settings.logarithm = .amplitudeToDB
        settings.amin = 1e-5
        return settings
    }

    private static func plain(_ name: String, power: Int) -> SpectrogramSettings {
        var settings = SpectrogramSettings(
            name: name, kind: .linear, sampleRate: 16_000, fftLength: 512, windowLength: 512, hopLength: 160)
        settings.power = power
        settings.logarithm = .none
        return settings
    }
}
