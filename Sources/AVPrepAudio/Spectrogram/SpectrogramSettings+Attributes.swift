package import AVPrepModel

extension SpectrogramSettings {
    /// What is to be known to make the same spectrogram again, in librosa's words, and which samples each frame sees; the
    /// attributes of the dataset.
    ///
    /// The mel words (`n_mels`, `fmin`, `fmax`, `htk`, `norm`) are there for the kind `mel` only.
    package var attributes: [String: AttributeValue] {
        var attributes: [String: AttributeValue] = [
            "kind": .string(kind.rawValue),
            "n_fft": .int(fftLength),
            "window": .string(window.rawValue),
            "fftbins": .bool(periodicWindow),
            "power": .int(power),
            "gain": .double(gain),
            "log": .string(logarithm.rawValue),
            "scale": .double(scale),
            "centre_of_frame0": .double(Double(firstSample) + windowCentre),
            "edge_rule": .string(edgeRule),
        ]
        if center { attributes["pad_mode"] = .string(padding.rawValue) }
        if kind == .mel {
            attributes["n_mels"] = .int(melBands)
            attributes["fmin"] = .double(minFrequencyHz)
            attributes["fmax"] = .double(highestFrequencyHz)
            attributes["htk"] = .bool(melScale == .htk)
            attributes["norm"] = .string(melNorm.rawValue)
        }
        if logarithm != .none && logarithm != .naturalOrLinear { attributes["amin"] = .double(amin) }
        if logarithm.isDecibel {
            attributes["ref"] = .double(reference)
        }
        // After the others: a clip rule's `ref` stands for the one above.
        attributes.merge(frameRule.attributes) { $1 }
        attributes.merge(clipRule?.attributes ?? [:]) { $1 }
        return attributes
    }

    /// Which samples each frame sees.
    ///
    /// librosa's frame 0 begins at sample 0 without `center`, and n_fft / 2 before it with; a shorter window lies in the
    /// middle of n_fft. Here a window begins at sample 0 without `center` (Python_speech_features' and TensorFlow's way,
    /// which the papers' frame counts follow), and lies where librosa has it with.
    package var frameRule: SpectrogramFrameRule {
        SpectrogramFrameRule(
            sampleRate: Double(sampleRate), hopLength: hopLength, windowLength: windowLength,
            placement: center ? .centered : padEnd ? .paddedEnd : .wholeWindows,
            firstSample: center ? (fftLength - windowLength) / 2 - fftLength / 2 : 0)
    }

    /// The first sample that frame 0 sees: see ``frameRule``.
    package var firstSample: Int { frameRule.firstSample }

    /// The window's centre, in samples after its first.
    private var windowCentre: Double { Double(periodicWindow ? windowLength : windowLength - 1) / 2 }

    private var edgeRule: String {
        if center {
            "before a segment's first and after its last sample stands what pad_mode says; frames of a clip whose window "
                + "reaches over the clip's edge see the sound beyond it"
        } else if padEnd {
            "past a segment's last sample there are zeros; the frames of a clip whose window reaches over its end see "
                + "the sound beyond it"
        } else {
            "frames see whole windows: the frames of a clip are those of the clip's own samples"
        }
    }

    /// What is to be done to each clip as it is read, since the loudest value is the clip's own; nil for nothing.
    ///
    /// `ref: max` and `top_db` look at the loudest value of what librosa is given. A segment is no such thing, and values
    /// that depend on it could not be cut into clips. So decibels are stored with ref 1 and without a floor, and the
    /// reader takes the clip's own loudest: the outcome is what librosa gives for that clip.
    package var clipRule: SpectrogramClipRule? {
        guard logarithm.isDecibel else { return nil }
        return SpectrogramClipRule(
            topDecibels: topDecibels > 0 ? topDecibels : nil, referenceIsMaximum: referenceIsMaximum)
    }

    /// Values a frame has: mel bands, or Fourier bins.
    package var bins: Int { kind == .mel ? melBands : fftLength / 2 + 1 }

    /// Frames that `samples` samples give: see ``SpectrogramFrameRule/frameCount(samples:)``.
    package func frameCount(samples: Int) -> Int { frameRule.frameCount(samples: samples) }
}
