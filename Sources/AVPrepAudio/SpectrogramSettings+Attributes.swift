package import AVPrepCore

extension SpectrogramSettings {
    /// What is to be known to make the same spectrogram again, in librosa's words; the attributes of the dataset.
    ///
    /// The mel words (`n_mels`, `fmin`, `fmax`, `htk`, `norm`) are there for the kind `mel` only.
    package var attributes: [String: AttributeValue] {
        var attributes: [String: AttributeValue] = [
            "kind": .string(kind.rawValue),
            "sr": .int(sampleRate),
            "n_fft": .int(fftLength),
            "win_length": .int(windowLength),
            "hop_length": .int(hopLength),
            "window": .string(window.rawValue),
            "center": .bool(false),
            "power": .int(power),
            "log": .string(logarithm.rawValue),
            "floor": .double(floor),
            "first_sample": .string(Self.frameRule),
        ]
        if kind == .mel {
            attributes["n_mels"] = .int(melBands)
            attributes["fmin"] = .double(minFrequencyHz)
            attributes["fmax"] = .double(highestFrequencyHz)
            attributes["htk"] = .bool(melScale == .htk)
            attributes["norm"] = .string(melNorm.rawValue)
        }
        return attributes
    }

    /// Where a frame lies in time, in words.
    package static let frameRule =
        "frame i is made of samples [i*hop_length, i*hop_length + win_length); past the last sample there are zeros"

    /// Values a frame has: mel bands, or Fourier bins.
    package var bins: Int { kind == .mel ? melBands : fftLength / 2 + 1 }

    /// Frames that `samples` samples give: one for each whole hop.
    package func frameCount(samples: Int) -> Int { samples / hopLength }
}
