package import AVPrepModel

extension SpectrogramSettings {
    /// The parameters needed to recompute the same spectrogram, by librosa's names, and the samples of each frame; the
    /// attributes of the dataset.
    ///
    /// The mel parameters (`n_mels`, `fmin`, `fmax`, `htk`, `norm`) are present for the kind `mel` only.
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

    /// The samples of each frame.
    ///
    /// librosa's frame 0 starts at sample 0 without `center`, and n_fft / 2 before it with; a shorter window is centred
    /// in n_fft. Here a window starts at sample 0 without `center` (as in Python_speech_features and TensorFlow, which
    /// the papers' frame counts follow), and is placed as in librosa with `center`.
    package var frameRule: SpectrogramFrameRule {
        SpectrogramFrameRule(
            sampleRate: Double(sampleRate), hopLength: hopLength, windowLength: windowLength,
            placement: center ? .centered : padEnd ? .paddedEnd : .wholeWindows,
            firstSample: center ? (fftLength - windowLength) / 2 - fftLength / 2 : 0)
    }

    /// The first sample of frame 0, relative to the segment's first: see ``frameRule``.
    package var firstSample: Int { frameRule.firstSample }

    /// Centre of the window, in samples from its first.
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

    /// The operations to apply to each clip when it is read, because they depend on the clip's own maximum; nil for
    /// none.
    ///
    /// `ref: max` and `top_db` depend on the maximum of the signal given to librosa. A segment is not that signal, and
    /// values that depend on its maximum could not be cut into clips. So decibels are stored with ref 1 and without a
    /// floor, and the reader uses the clip's own maximum: the result is what librosa gives for that clip.
    package var clipRule: SpectrogramClipRule? {
        guard logarithm.isDecibel else { return nil }
        return SpectrogramClipRule(
            topDecibels: topDecibels > 0 ? topDecibels : nil, referenceIsMaximum: referenceIsMaximum)
    }

    /// Values per frame: mel bands, or Fourier bins.
    package var bins: Int { kind == .mel ? melBands : fftLength / 2 + 1 }

    /// Number of frames for this number of samples: see ``SpectrogramFrameRule/frameCount(samples:)``.
    package func frameCount(samples: Int) -> Int { frameRule.frameCount(samples: samples) }
}
