/// librosa's spectrograms of the cases of ``SpectrogramComparison``, and how far ours are from them.
enum LibrosaSpectrogram {
    /// Without center, librosa puts a window that is shorter than the transform into its middle; the sound is moved later by
    /// half the difference: its frame i then sees the samples from i·hop on. It computes in double precision here, as a
    /// reference. What looks at the loudest value is done to our values as `clip_rule` says.
    static let script = """
        import json, sys
        import numpy as np
        import librosa
        from scipy.signal import get_window

        def logarithm(S, w, kapre):
            S = S * w["gain"]
            if w["log"] == "natural":
                return np.log(np.maximum(S, w["amin"])) * w["scale"]
            if w["log"] == "natural_offset":
                return np.log(S + w["amin"]) * w["scale"]
            if w["log"] == "natural_or_linear":
                return np.where(S > np.e, np.log(np.maximum(S, np.e)), S / np.e) * w["scale"]
            top_db = w.get("top_db")
            if kapre:
                S = 10 * np.log10(np.maximum(np.sqrt(S) if "n_mels" in w else S, 1e-10))
                return np.maximum(S - S.max(), -80)
            ref = np.max if w["ref"] == "max" else w["ref"]
            to_db = librosa.power_to_db if w["log"] == "power_to_db" else librosa.amplitude_to_db
            return to_db(S, ref=ref, amin=w["amin"], top_db=top_db) * w["scale"]

        results = []
        for case in json.load(open(sys.argv[1])):
            w = case["words"]
            y = np.fromfile(case["samples"], np.float32).astype(np.float64)
            hop, n_fft, win = w["hop_length"], w["n_fft"], w["win_length"]
            window = get_window(w["window"], win, w["fftbins"])
            words = dict(n_fft=n_fft, hop_length=hop, win_length=win, window=window)
            samples = len(y)
            if samples == 0:
                S = np.zeros((n_fft // 2 + 1, 0))
                frames = 0
            elif w["center"]:
                S = librosa.stft(y, center=True, pad_mode=w["pad_mode"], **words)
                frames = -(-samples // hop)
            else:
                y = np.concatenate([np.zeros((n_fft - win) // 2), y, np.zeros(2 * n_fft)])
                S = librosa.stft(y, center=False, **words)
                frames = samples // hop if w["pad_end"] else max(0, 1 + (samples - win) // hop)
            S = np.abs(S[:, :frames]) ** w["power"]
            # Single precision leaves some 1e-7 of the loudest amplitude in every bin: what lies 50 dB below it is noise.
            noise = np.broadcast_to(S.max(axis=0, initial=0) * 10 ** (-2.5 * w["power"]), S.shape)
            if w["kind"] == "mel":
                norm = {"none": None, "1": 1, "2": 2, "inf": np.inf}.get(w["norm"], w["norm"])
                mel = librosa.filters.mel(
                    sr=w["sr"], n_fft=n_fft, n_mels=w["n_mels"], fmin=w["fmin"], fmax=w["fmax"], htk=w["htk"],
                    norm=norm, dtype=np.float64)
                S, noise = mel @ S, mel @ noise
            S, noise = S.T, noise.T
            ours = np.fromfile(case["ours"], np.float32).astype(np.float64).reshape(-1, S.shape[1])
            finite = bool(np.isfinite(ours).all())
            if S.size == 0:
                results.append(dict(sound=case["sound"], frames=len(ours), expectedFrames=frames, finite=finite,
                                    relative=0, absolute=0))
                continue
            if w.get("clip_rule"):
                ours = np.maximum(ours, ours.max() - w["top_db"]) if "top_db" in w else ours
                ours = ours - ours.max() if w["ref"] == "max" else ours
            floor = max(w.get("amin", 0) ** (0.5 if case["kapre"] else 1), 1e-30)
            peak = np.maximum(S, floor).max(axis=1, keepdims=True)
            if w["log"] == "none":
                theirs = S * w["gain"] * w["scale"]
                error = np.abs(ours - theirs) / np.maximum(theirs, floor)
            else:
                theirs = logarithm(S, w, case["kapre"])
                unit = 10 / np.log(10) if w["log"] == "power_to_db" else 20 / np.log(10)
                unit = 1 if w["log"].startswith("natural") else unit
                error = np.abs(np.expm1((ours - theirs) / (unit * w["scale"])))
                if w["log"] == "natural_or_linear":
                    error = np.where(theirs <= 1, np.abs(ours - theirs) / np.maximum(theirs, 1e-3), error)
            loud = S >= noise
            results.append(dict(
                sound=case["sound"], frames=len(ours), expectedFrames=frames, finite=finite,
                relative=float(error[loud].max(initial=0)),
                absolute=float((error * np.maximum(S, floor) / peak).max())))
        print(json.dumps(results))
        """
}
