import AVPrepCore

/// One kind of spectrogram, with librosa's parameters (the key in the pipeline file is given for each).
///
/// A value is `scale · log(gain · x)`, where x is the magnitude or power of a Fourier bin, or a mel band of either, and
/// the logarithm is one of ``Logarithm``.
package struct SpectrogramSettings: Sendable, Equatable, StoredRecord {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        /// Mel filter bank on the power or magnitude spectrum.
        case mel
        /// All `n_fft / 2 + 1` bins.
        case linear
    }

    /// Window functions of `scipy.signal.get_window`.
    package enum Window: String, Sendable, Codable, CaseIterable {
        case hann, hamming, blackman, blackmanharris, nuttall, flattop, bartlett, cosine, boxcar
    }

    /// Padding before a segment's first and after its last sample, under `center`: modes of `numpy.pad`.
    package enum Padding: String, Sendable, Codable, CaseIterable {
        /// Silence.
        case constant
        /// Reflection at the first and last sample, which are not repeated.
        case reflect
        /// Repetition of the first or last sample.
        case edge
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
        /// Weights that sum to 1 (`norm=1`).
        case sum = "1"
        /// Squares of weights that sum to 1 (`norm=2`).
        case squares = "2"
        /// Largest weight 1 (`norm=np.inf`).
        case largest = "inf"
    }

    /// Treatment of a mel band that lies between two Fourier bins, for which librosa warns.
    package enum EmptyBands: String, Sendable, Codable, CaseIterable {
        /// The settings are rejected.
        case error
        /// The band is 0 for every signal.
        case zero
    }

    package enum Logarithm: String, Sendable, Codable, CaseIterable {
        /// The plain spectrum.
        case none
        /// ln(max(x, amin)).
        case natural
        /// ln(x + amin).
        case naturalOffset = "natural_offset"
        /// ln(x) above e, x / e below it: as in VMZ.
        case naturalOrLinear = "natural_or_linear"
        /// 10·log10(max(x, amin) / max(ref, amin)): `librosa.power_to_db`.
        case powerToDB = "power_to_db"
        /// 20·log10(max(x, amin) / max(ref, amin)): `librosa.amplitude_to_db`.
        case amplitudeToDB = "amplitude_to_db"

        /// Whether `ref` and `top_db` apply.
        package var isDecibel: Bool { self == .powerToDB || self == .amplitudeToDB }
    }

    package enum StoredType: String, Sendable, Codable, CaseIterable {
        case float32, float16
    }

    /// The preset for values that are not set; see ``named(_:)``.
    package var preset = Preset.none
    /// The dataset's name under /audio.
    package var name: String
    package var kind: Kind
    /// `sr`: samples per second.
    package var sampleRate: Int
    /// `n_fft`: length of the Fourier transform, in samples.
    package var fftLength: Int
    /// `win_length`: length of the window, in samples, at most `n_fft`; the rest is zeros.
    package var windowLength: Int
    /// `hop_length`: samples between the starts of two frames.
    package var hopLength: Int
    package var window = Window.hann
    /// `fftbins`: whether the window is periodic (scipy's and librosa's default) or symmetric.
    package var periodicWindow = true
    /// `center`: whether the window of frame i is centred at sample `i·hop_length`, or starts there.
    package var center = false
    /// `pad_mode`, under `center`.
    package var padding = Padding.constant
    /// `pad_end`: without `center`, whether there is a frame per whole hop, so that the last ones see zeros past the
    /// end, or only one per whole window.
    package var padEnd = true
    /// `power`: 1 for magnitude, 2 for power.
    package var power = 2
    /// `n_mels`: mel bands; ignored for linear.
    package var melBands = 40
    /// `fmin`, in Hz.
    package var minFrequencyHz = 0.0
    /// `fmax`, in Hz; 0 means half the sample rate.
    package var maxFrequencyHz = 0.0
    package var melScale = MelScale.slaney
    package var melNorm = MelNorm.slaney
    package var emptyBands = EmptyBands.error
    /// Factor applied to the spectrum before the logarithm.
    package var gain = 1.0
    package var logarithm = Logarithm.natural
    /// `amin`: minimum or offset of the logarithm's argument.
    package var amin = 1e-10
    /// `ref` of decibels.
    package var reference = 1.0
    /// `ref: max`: 0 dB is the maximum of each clip; see ``clipRule``.
    package var referenceIsMaximum = false
    /// `top_db`: the floor, in dB below a clip's maximum; 0 for none. See ``clipRule``.
    package var topDecibels = 0.0
    /// Factor applied to the values after the logarithm.
    package var scale = 1.0
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

    package static var template: Self? {
        Self(name: "", kind: .mel, sampleRate: 0, fftLength: 0, windowLength: 0, hopLength: 0)
    }

    package static let requiredKeys: Set<String> = [
        "name", "kind", "sampleRate", "fftLength", "windowLength", "hopLength",
    ]

    /// `htk`: librosa's parameter for ``melScale``.
    package var htk: Bool {
        get { melScale == .htk }
        set { melScale = newValue ? .htk : .slaney }
    }
}
