import TestSupport
import Testing

@testable import AVPrepAudio

/// Spectrograms beside torch's transform, with torchaudio's mel filters and decibels by its formulas: a second outsider.
@Suite(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
struct SpectrogramTorchTests {
    private static let script = """
        import json, math, sys
        import numpy as np
        import torch

        def mel_filters(bins, w):  # torchaudio.functional.melscale_fbanks
            def to_mel(hz):
                if w["htk"]:
                    return 2595 * math.log10(1 + hz / 700)
                step = 200 / 3
                return hz / step if hz < 1000 else 1000 / step + math.log(hz / 1000) / (math.log(6.4) / 27)
            def to_hz(mel):
                if w["htk"]:
                    return 700 * (10 ** (mel / 2595) - 1)
                step = 200 / 3
                linear, log = step * mel, 1000 * torch.exp(math.log(6.4) / 27 * (mel - 1000 / step))
                return torch.where(mel >= 1000 / step, log, linear)
            points = to_hz(torch.linspace(to_mel(w["fmin"]), to_mel(w["fmax"]), w["n_mels"] + 2, dtype=torch.float64))
            width = points[1:] - points[:-1]
            slopes = points[None] - torch.linspace(0, w["sr"] / 2, bins, dtype=torch.float64)[:, None]
            filters = torch.clamp(torch.minimum(-slopes[:, :-2] / width[:-1], slopes[:, 2:] / width[1:]), min=0)
            return filters * (2 / (points[2:] - points[:-2])) if w["norm"] == "slaney" else filters

        results = []
        for case in json.load(open(sys.argv[1])):
            w = case["words"]
            y = torch.from_numpy(np.fromfile(case["samples"], np.float32).astype(np.float64))
            # torch lays a shorter window into the middle of n_fft: frame 0's first sample is then this far behind 0.
            before = (w["n_fft"] - w["win_length"]) // 2 - w["first_sample_of_frame0"]
            left = torch.zeros(before, dtype=torch.float64)
            y = torch.cat([left, y, torch.zeros(2 * w["n_fft"], dtype=torch.float64)])
            window = getattr(torch, w["window"] + "_window")(
                w["win_length"], periodic=w["fftbins"], dtype=torch.float64)
            S = torch.stft(y, w["n_fft"], w["hop_length"], w["win_length"], window, center=False,
                           return_complex=True).abs().pow(w["power"]).T
            if w["kind"] == "mel":
                S = S @ mel_filters(S.shape[1], w)
            ours = torch.from_numpy(np.fromfile(case["ours"], np.float32).astype(np.float64)).reshape(-1, S.shape[1])
            S = S[: len(ours)]
            peak = S.max(dim=1, keepdim=True).values
            floor = w.get("amin", 0)
            if w["log"] in ("natural", "natural_offset"):
                linear = torch.exp(ours / w["scale"]) - (floor if w["log"] == "natural_offset" else 0)
            elif w["log"].endswith("_to_db"):
                ten = 10 if w["log"] == "power_to_db" else 20
                linear = w.get("ref", 1.0) * 10 ** (ours / w["scale"] / ten) if w.get("ref") != "max" else \\
                    10 ** (ours / w["scale"] / ten)
            else:
                linear = ours / (w["gain"] * w["scale"])
            loud = ((S / peak.clamp(min=1e-30)) ** (2 / w["power"]) >= 1e-5) & (S > max(floor, 1e-30))
            error = ((linear - S).abs() / S.clamp(min=1e-30))[loud]
            samples = len(y) - before - 2 * w["n_fft"]
            whole = 1 + (samples - w["win_length"]) // w["hop_length"] if samples >= w["win_length"] else 0
            expected = (-(-samples // w["hop_length"]) if w["center"] else
                        samples // w["hop_length"] if w["pad_end"] else whole)
            results.append(dict(sound=case["sound"], frames=len(ours), expectedFrames=expected,
                                relative=float(error.max()) if len(error) else 0.0))
        print(json.dumps(results))
        """

    @Test func everyKindEqualsTorchsTransform() throws {
        // Kapre's decibels of openl3_mel are halves, and vmz's logarithm and mel norm are its own: librosa's test has them.
        let presets: [SpectrogramSettings.Preset] = [
            .avts, .l3, .l3embedding, .avslowfast, .multisensory, .magnitude, .power, .openl3Linear, .openl3Mel128,
        ]
        var kinds = presets.map { SpectrogramSettings.named($0) }
        for index in kinds.indices where kinds[index].preset == .openl3Mel128 { kinds[index].scale = 1 }
        kinds += [8_000, 192_000].map { rate in
            SpectrogramSettings.avts.with {
                $0.name = "rate\(rate)"
                $0.sampleRate = rate
                $0.fftLength = rate == 8_000 ? 256 : 4096
                $0.windowLength = rate / 50
                $0.hopLength = rate / 100
            }
        }
        let deviations = try SpectrogramComparison.deviations(
            of: kinds.map { settings in
                let rate = settings.sampleRate
                return (
                    settings,
                    [
                        ("tone", Sounds.tone(440, seconds: 0.4, sampleRate: rate)),
                        ("noise", Sounds.noise(seconds: 0.4, sampleRate: rate)),
                        ("impulse", Sounds.impulse(at: rate / 10, count: rate / 4)),
                        ("blip", Sounds.noise(seconds: 1, sampleRate: 100)),
                    ]
                )
            }, by: Self.script)
        for deviation in deviations {
            #expect(deviation.frames == deviation.expectedFrames, "\(deviation)")
            #expect(deviation.relative <= 1e-4, "\(deviation)")
        }
    }
}
