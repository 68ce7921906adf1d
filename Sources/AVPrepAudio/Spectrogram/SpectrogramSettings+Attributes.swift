package import AVPrepModel

extension SpectrogramSettings {
    /// The parameters needed to recompute the same spectrogram, by librosa's names, and the samples of each frame; the
    /// attributes of the dataset.
    ///
    /// The mel parameters (`n_mels`, `fmin`, `fmax`, `htk`, `norm`) are present for the kind `mel` only.
    package var attributes: [String: AttributeValue] {
        var attributes: [String: AttributeValue] = [
            "kind": .string(kind.rawValue),
            "sr": .int(sampleRate),
            "n_fft": .int(fftLength),
            "win_length": .int(windowLength),
            "hop_length": .int(hopLength),
            "window": .string(window.rawValue),
            "fftbins": .bool(periodicWindow),
            "center": .bool(center),
            "power": .int(power),
            "gain": .double(gain),
            "log": .string(logarithm.rawValue),
            "scale": .double(scale),
            "first_sample_of_frame0": .int(firstSample),
            "centre_of_frame0": .double(Double(firstSample) + windowCentre),
            "frame_rule": .string(frameRule),
            "edge_rule": .string(edgeRule),
        ]
        if center {
            attributes["pad_mode"] = .string(padding.rawValue)
        } else {
            attributes["pad_end"] = .bool(padEnd)
        }
        if kind == .mel {
            attributes["n_mels"] = .int(melBands)
            attributes["fmin"] = .double(minFrequencyHz)
            attributes["fmax"] = .double(highestFrequencyHz)
            attributes["htk"] = .bool(melScale == .htk)
            attributes["norm"] = .string(melNorm.rawValue)
        }
        if logarithm != .none && logarithm != .naturalOrLinear { attributes["amin"] = .double(amin) }
        if logarithm.isDecibel {
            attributes["ref"] = referenceIsMaximum ? .string("max") : .double(reference)
            if topDecibels > 0 { attributes["top_db"] = .double(topDecibels) }
        }
        if let clipRule { attributes["clip_rule"] = .string(clipRule) }
        return attributes
    }

    /// The first sample of frame 0, relative to the segment's first; negative under `center`.
    ///
    /// librosa's frame 0 starts at sample 0 without `center`, and n_fft / 2 before it with; a shorter window is centred
    /// in n_fft. Here a window starts at sample 0 without `center` (as in Python_speech_features and TensorFlow, which
    /// the papers' frame counts follow), and is placed as in librosa with `center`.
    package var firstSample: Int { center ? (fftLength - windowLength) / 2 - fftLength / 2 : 0 }

    /// Centre of the window, in samples from its first.
    private var windowCentre: Double { Double(periodicWindow ? windowLength : windowLength - 1) / 2 }

    private var frameRule: String {
        "frame i is made of samples [first_sample_of_frame0 + i*hop_length, first_sample_of_frame0 + i*hop_length + "
            + "win_length) of its segment; it belongs to the time i*hop_length / sr after the segment's start"
    }

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
    package var clipRule: String? {
        guard logarithm.isDecibel else { return nil }
        let floor = topDecibels > 0 ? "x = max(x, max(x) - top_db)" : nil
        let shift = referenceIsMaximum ? "x = x - max(x)" : nil
        let steps = [floor, shift].compactMap { $0 }
        return steps.isEmpty ? nil : "of each clip x that is read: " + steps.joined(separator: ", then ")
    }

    /// Values per frame: mel bands, or Fourier bins.
    package var bins: Int { kind == .mel ? melBands : fftLength / 2 + 1 }

    /// Number of frames for this number of samples.
    ///
    /// Without `center`, one per whole hop, or one per whole window where the end is not padded. With `center`, one for
    /// each multiple of the hop that is a sample: as in librosa, but without the frame that librosa adds past the end
    /// when the hop divides the number of samples.
    package func frameCount(samples: Int) -> Int {
        if center { return (samples + hopLength - 1) / hopLength }
        if padEnd { return samples / hopLength }
        return samples < windowLength ? 0 : 1 + (samples - windowLength) / hopLength
    }
}
