/// One kind of spectrogram, in librosa's words (those of the pipeline file stand beside each).
package struct SpectrogramSettings: Sendable, Equatable, Codable {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        /// Mel filter bank on the power or magnitude spectrum.
        case mel
        /// All `n_fft / 2 + 1` bins.
        case linear
    }

    package enum Window: String, Sendable, Codable, CaseIterable {
        /// Periodic Hann, as `scipy.signal.get_window("hann", n)`.
        case hann
        /// Periodic Hamming.
        case hamming
        /// No taper.
        case ones
    }

    package enum MelScale: String, Sendable, Codable, CaseIterable {
        /// librosa's default (`htk=False`): linear below 1 kHz, logarithmic above.
        case slaney
        /// `htk=True`: 2595·log10(1 + f/700).
        case htk
    }

    package enum MelNorm: String, Sendable, Codable, CaseIterable {
        /// Triangles of equal area (`norm="slaney"`).
        case slaney
        /// Triangles of height 1 (`norm=None`).
        case none
    }

    package enum Logarithm: String, Sendable, Codable, CaseIterable {
        /// The spectrum as it is.
        case none
        /// ln(max(x, floor)).
        case natural
        /// 10·log10(max(x, floor)) for power, 20·log10 for magnitude.
        case decibel
    }

    package enum StoredType: String, Sendable, Codable, CaseIterable {
        case float32, float16
    }

    /// The dataset's name under /audio.
    package var name: String
    package var kind: Kind
    /// `sr`: samples a second.
    package var sampleRate: Int
    /// `n_fft`: length of the Fourier transform, in samples.
    package var fftLength: Int
    /// `win_length`: length of the window, in samples, at most `n_fft`; the rest is zeros.
    package var windowLength: Int
    /// `hop_length`: samples from one frame's start to the next one's.
    package var hopLength: Int
    package var window = Window.hann
    /// `power`: 1 for magnitude, 2 for power.
    package var power = 2
    /// `n_mels`: mel bands; ignored for linear.
    package var melBands = 40
    /// `fmin`, in Hz.
    package var minFrequencyHz = 0.0
    /// `fmax`, in Hz; 0 stands for half the sample rate.
    package var maxFrequencyHz = 0.0
    package var melScale = MelScale.slaney
    package var melNorm = MelNorm.slaney
    package var logarithm = Logarithm.natural
    /// Values below this are raised to it before the logarithm.
    package var floor = 1e-10
    package var storedType = StoredType.float32

    package init(
        name: String, kind: Kind, sampleRate: Int, fftLength: Int, windowLength: Int, hopLength: Int
    ) {
        self.name = name
        self.kind = kind
        self.sampleRate = sampleRate
        self.fftLength = fftLength
        self.windowLength = windowLength
        self.hopLength = hopLength
    }

    /// AVTS: 16 kHz, 20 ms windows every 10 ms, 1024-point transform, 40 mel bands (recipe §1.1).
    package static let avts = SpectrogramSettings(
        name: "mel", kind: .mel, sampleRate: 16_000, fftLength: 1024, windowLength: 320, hopLength: 160)

    /// L3-Net: 48 kHz, 480-sample windows every 240, 512-point transform: 257 bins × 199 frames a second (recipe §2.1).
    package static let l3: SpectrogramSettings = {
        var settings = SpectrogramSettings(
            name: "logspec", kind: .linear, sampleRate: 48_000, fftLength: 512, windowLength: 480, hopLength: 240)
        settings.power = 1
        settings.storedType = .float16
        return settings
    }()
}
