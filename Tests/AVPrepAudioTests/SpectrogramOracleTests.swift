import Foundation
import TestSupport
import Testing

@testable import AVPrepAudio

/// Spectrograms beside librosa's, in its own words.
@Suite(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
struct SpectrogramOracleTests {
    // Without center, librosa puts a window that is shorter than the transform into its middle; the sound is moved later by
    // half the difference: its frame i then sees the samples from i·hop on. It computes in double precision here, as a
    // reference. What looks at the loudest value is done to our values as `clip_rule` says.
    private static let script = """
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

    private func compare(_ pairs: [SpectrogramComparison.Kind]) throws {
        for deviation in try SpectrogramComparison.deviations(of: pairs, by: Self.script) {
            #expect(deviation.frames == deviation.expectedFrames, "\(deviation)")
            #expect(deviation.finite == true, "\(deviation)")
            #expect(deviation.relative <= 1e-4, "\(deviation)")
            // Single precision leaves some 1e-7 of the loudest bin everywhere, and the logarithm of the floor, -23 or
            // -100 dB, is rounded by 1e-7 of the value.
            #expect(try #require(deviation.absolute) <= 5e-6, "\(deviation)")
        }
    }

    private func sounds(_ rate: Int) -> [(String, [Float])] {
        [
            ("tone", Sounds.tone(440, seconds: 0.5, sampleRate: rate)),
            ("noise", Sounds.noise(seconds: 0.5, sampleRate: rate)),
            ("impulse", Sounds.impulse(at: rate / 10, count: rate / 4)),
            ("silence", [Float](repeating: 0, count: rate / 10)),
            ("constant", [Float](repeating: 0.5, count: rate / 10)),
            ("nothing", []),
            // Shorter than any window, and not much longer.
            ("blip", Sounds.noise(seconds: 1, sampleRate: 150)),
            ("bleep", Sounds.noise(seconds: 1, sampleRate: 700)),
        ]
    }

    @Test func everyPresetEqualsLibrosas() throws {
        try compare(
            SpectrogramSettings.Preset.allCases.filter { $0 != .none }.map {
                let settings = SpectrogramSettings.named($0)
                return (settings, sounds(settings.sampleRate))
            })
    }

    @Test func everyWordMeansWhatItMeansToLibrosa() throws {
        typealias Change = (inout SpectrogramSettings) -> Void
        let mel: [(String, Change)] = [
            ("magnitude", { $0.power = 1 }),
            ("none", { $0.logarithm = .none }),
            (
                "gain",
                {
                    $0.logarithm = .none; $0.gain = 3; $0.scale = 0.5
                }
            ),
            (
                "offset",
                {
                    $0.logarithm = .naturalOffset; $0.amin = 1e-6
                }
            ),
            (
                "db",
                {
                    $0.logarithm = .powerToDB; $0.reference = 0.25
                }
            ),
            (
                "top",
                {
                    $0.logarithm = .powerToDB; $0.topDecibels = 30
                }
            ),
            (
                "max",
                {
                    $0.logarithm = .powerToDB; $0.referenceIsMaximum = true
                }
            ),
            (
                "amplitude",
                {
                    $0.power = 1; $0.logarithm = .amplitudeToDB; $0.referenceIsMaximum = true; $0.topDecibels = 60
                }
            ),
            (
                "htk",
                {
                    $0.melScale = .htk; $0.minFrequencyHz = 125; $0.maxFrequencyHz = 7500
                }
            ),
            ("unnormed", { $0.melNorm = .none }),
            ("sum", { $0.melNorm = .sum }),
            ("squares", { $0.melNorm = .squares }),
            ("largest", { $0.melNorm = .largest }),
            (
                "empty",
                {
                    $0.melBands = 300; $0.emptyBands = .zero
                }
            ),
            ("single", { $0.melBands = 1 }),
            ("centred", { $0.center = true }),
            (
                "reflected",
                {
                    $0.center = true; $0.padding = .reflect; $0.windowLength = 319
                }
            ),
            (
                "held",
                {
                    $0.center = true; $0.padding = .edge
                }
            ),
            ("whole", { $0.padEnd = false }),
            ("low_rate", { $0.sampleRate = 8000 }),
            (
                "high_rate",
                {
                    $0.sampleRate = 192_000; $0.fftLength = 4096; $0.windowLength = 3840; $0.hopLength = 1920
                }
            ),
        ]
        let windows = SpectrogramSettings.Window.allCases.flatMap { window in
            [true, false].map { periodic -> (String, Change) in
                (
                    "\(window)_\(periodic)",
                    {
                        $0.window = window
                        $0.periodicWindow = periodic
                        $0.kind = .linear
                        $0.logarithm = .none
                    }
                )
            }
        }
        let linear: [(String, Change)] = [
            ("linear", { $0.kind = .linear }),
            (
                "linear_magnitude",
                {
                    $0.kind = .linear; $0.power = 1; $0.logarithm = .amplitudeToDB; $0.amin = 1e-5
                }
            ),
            (
                "linear_small_floor",
                {
                    $0.kind = .linear; $0.power = 1; $0.amin = 1e-25
                }
            ),
            (
                "odd",
                {
                    $0.kind = .linear; $0.fftLength = 441; $0.windowLength = 441; $0.hopLength = 100
                }
            ),
            (
                "even",
                {
                    $0.kind = .linear; $0.fftLength = 882; $0.windowLength = 881; $0.hopLength = 441
                }
            ),
            (
                "tiny",
                {
                    $0.kind = .linear; $0.fftLength = 6; $0.windowLength = 5; $0.hopLength = 3; $0.power = 1
                }
            ),
        ]
        var made: [Int: [(String, [Float])]] = [:]
        try compare(
            (mel + windows + linear).map { name, change in
                let settings = SpectrogramSettings.avts.with {
                    $0.preset = .none
                    $0.name = name
                    change(&$0)
                }
                let sounds = made[settings.sampleRate] ?? sounds(settings.sampleRate)
                made[settings.sampleRate] = sounds
                // Tapers show on a tone and on noise; the other sounds ask about the edges.
                return (settings, windows.contains { $0.0 == name } ? Array(sounds.prefix(2)) : sounds)
            })
    }

    /// Real sounds, at their own rate and in mono, as librosa loads them.
    @Test(.enabled(if: SharedData.isAvailable, "no real media beside the repository"))
    func realClipsGiveLibrosasSpectrograms() throws {
        let folders = SharedData.files(in: "esc10").filter { !$0.hasSuffix(".md") }
        let clips = folders.compactMap { folder in
            (try? FileManager.default.contentsOfDirectory(atPath: folder))?.filter { $0.hasSuffix(".ogg") }.sorted()
                .first
                .map { "\(folder)/\($0)" }
        }
        try #require(clips.count >= 5)
        let script = """
            import json, sys, librosa, numpy as np
            for number, path in enumerate(sys.argv[2:]):
                y, sr = librosa.load(path, sr=None, mono=True)
                y[: 2 * sr].astype(np.float32).tofile(f"{sys.argv[1]}/{number}")
                print(sr)
            """
        try withTemporaryFolder { folder in
            let rates = try Oracle.run(script, [folder] + clips).split(separator: "\n").compactMap { Int($0) }
            try #require(rates.count == clips.count)
            var sounds: [(String, [Float])] = []
            for number in clips.indices {
                let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(number)"))
                sounds.append(
                    (
                        "\(clips[number].suffix(20)) at \(rates[number])",
                        data.withUnsafeBytes { bytes in
                            (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
                        }
                    ))
            }
            let presets: [SpectrogramSettings.Preset] = [.avts, .l3, .openl3Mel128, .openl3Linear, .vmz]
            try compare(
                presets.map { preset in
                    (SpectrogramSettings.named(preset).with { $0.sampleRate = rates[0] }, sounds)
                })
        }
    }
}
