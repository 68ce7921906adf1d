import AVPrepCore
import Foundation
import TestSupport
import Testing

@testable import AVPrepAudio

/// Spectrograms beside librosa's, in its own words.
@Suite(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
struct SpectrogramOracleTests {
    /// One spectrogram of one sound: what librosa needs to make it, and where the numbers lie.
    private struct Case: Codable {
        var sound: String
        var samples: String
        var ours: String
        var sr: Int
        var n_fft: Int
        var win_length: Int
        var hop_length: Int
        var window: String
        var power: Int
        var kind: String
        var n_mels: Int
        var fmin: Double
        var fmax: Double
        var htk: Bool
        var norm: String
        var log: String
        var floor: Double
    }

    private struct Deviation: Codable {
        var sound: String
        var sr: Int
        var frames: Int
        var expectedFrames: Int
        /// Largest |ours − theirs| / theirs before the logarithm, over values within 60 dB of the frame's largest.
        var relative: Double
        /// Largest |ours − theirs| before the logarithm, relative to the frame's largest value.
        var absolute: Double
        var finite: Bool
    }

    // librosa puts the window into the middle of the transform, so the sound is moved later by half the difference: its
    // frame i then sees the samples from i·hop on. It computes in double precision here, as a reference.
    private static let script = """
        import json, sys
        import numpy as np
        import librosa

        results = []
        for case in json.load(open(sys.argv[1])):
            y = np.fromfile(case["samples"], np.float32).astype(np.float64)
            hop, n_fft, win = case["hop_length"], case["n_fft"], case["win_length"]
            frames = len(y) // hop
            y = np.concatenate([np.zeros((n_fft - win) // 2), y, np.zeros(2 * n_fft)])
            words = dict(n_fft=n_fft, hop_length=hop, win_length=win, window=case["window"], center=False)
            norm = None if case["norm"] == "none" else case["norm"]
            if case["kind"] == "mel":
                theirs = librosa.feature.melspectrogram(
                    y=y, sr=case["sr"], power=case["power"], n_mels=case["n_mels"], fmin=case["fmin"],
                    fmax=case["fmax"], htk=case["htk"], norm=norm, **words)
            else:
                theirs = np.abs(librosa.stft(y, **words)) ** case["power"]
            theirs = np.maximum(theirs.T[:frames], case["floor"])
            ours = np.fromfile(case["ours"], np.float32).astype(np.float64)
            ours = ours.reshape(-1, theirs.shape[1])
            finite = bool(np.isfinite(ours).all())
            if case["log"] == "natural":
                ours = np.exp(ours)
            elif case["log"] == "decibel":
                ours = 10 ** (ours / (10 if case["power"] == 2 else 20))
            ours = np.maximum(ours, case["floor"])
            error = np.abs(ours - theirs)
            peak = theirs.max(axis=1, keepdims=True)
            loud = theirs >= peak * (1e-6 if case["power"] == 2 else 1e-3)
            results.append(dict(
                sound=case["sound"], sr=case["sr"], frames=len(ours), expectedFrames=frames, finite=finite,
                relative=float((error / theirs)[loud].max()), absolute=float((error / peak).max())))
        print(json.dumps(results))
        """

    @Test func spectrogramsEqualLibrosas() throws {
        let cd = SpectrogramSettings(
            name: "cd", kind: .linear, sampleRate: 44_100, fftLength: 882, windowLength: 881, hopLength: 441
        ).with { $0.window = .ones }
        let recipes: [SpectrogramSettings] = [
            .avts, .l3, .likeOpenL3, .speechLike, cd,
            .avts.with { $0.logarithm = .none },
            .l3.with { $0.logarithm = .decibel },
            .avts.with { $0.sampleRate = 8_000 },
            .avts.with {
                $0.sampleRate = 192_000
                $0.fftLength = 4096
                $0.windowLength = 3840
                $0.hopLength = 1920
            },
        ]
        try withTemporaryFolder { folder in
            var cases: [Case] = []
            for (number, settings) in recipes.enumerated() {
                let spectrogram = try Spectrogram(settings)
                let rate = settings.sampleRate
                let sounds = [
                    ("tone", Sounds.tone(440, seconds: 0.5, sampleRate: rate)),
                    ("noise", Sounds.noise(seconds: 0.5, sampleRate: rate)),
                    ("impulse", Sounds.impulse(at: rate / 10, count: rate / 4)),
                    ("silence", [Float](repeating: 0, count: rate / 10)),
                ]
                for (name, samples) in sounds {
                    let path = "\(folder)/\(number)-\(name)"
                    let values = spectrogram.values(of: samples)
                    try samples.withUnsafeBytes { try Data($0).write(to: URL(fileURLWithPath: path + ".samples")) }
                    try values.withUnsafeBytes { try Data($0).write(to: URL(fileURLWithPath: path + ".ours")) }
                    cases.append(
                        Case(
                            sound: "\(settings.name) \(name)", samples: path + ".samples", ours: path + ".ours",
                            sr: rate, n_fft: settings.fftLength, win_length: settings.windowLength,
                            hop_length: settings.hopLength, window: settings.window.rawValue, power: settings.power,
                            kind: settings.kind.rawValue, n_mels: settings.melBands, fmin: settings.minFrequencyHz,
                            fmax: settings.highestFrequencyHz, htk: settings.melScale == .htk,
                            norm: settings.melNorm.rawValue, log: settings.logarithm.rawValue,
                            floor: settings.logarithm == .none ? 1e-30 : settings.floor))
                }
            }
            let list = "\(folder)/cases.json"
            try JSONEncoder().encode(cases).write(to: URL(fileURLWithPath: list))
            let deviations = try Oracle.json([Deviation].self, Self.script, [list])
            #expect(deviations.count == cases.count)
            for deviation in deviations {
                #expect(deviation.frames == deviation.expectedFrames, "\(deviation)")
                #expect(deviation.finite, "\(deviation)")
                // Single precision leaves some 1e-7 of the loudest bin everywhere, and the logarithm of the floor, -23,
                // is rounded by 1e-6 of the value.
                #expect(deviation.relative <= 1e-4, "\(deviation)")
                #expect(deviation.absolute <= 2e-6, "\(deviation)")
            }
        }
    }

    private struct Bank: Codable {
        var weights: [Float]
        var centres: [Double]
    }

    @Test(arguments: [SpectrogramSettings.avts, .likeOpenL3, .speechLike])
    func filtersAreLibrosas(settings: SpectrogramSettings) throws {
        let words = """
            sr=\(settings.sampleRate), n_fft=\(settings.fftLength), n_mels=\(settings.melBands), \
            fmin=\(settings.minFrequencyHz), fmax=\(settings.highestFrequencyHz), \
            htk=\(settings.melScale == .htk ? "True" : "False"), \
            norm=\(settings.melNorm == .slaney ? "'slaney'" : "None")
            """
        let script = """
            import json, librosa
            words = dict(\(words))
            weights = librosa.filters.mel(**words)
            centres = librosa.mel_frequencies(
                n_mels=words["n_mels"] + 2, fmin=words["fmin"], fmax=words["fmax"], htk=words["htk"])[1:-1]
            print(json.dumps(dict(weights=weights.ravel().tolist(), centres=centres.tolist())))
            """
        let theirs = try Oracle.json(Bank.self, script)
        let bank = try MelFilterBank(settings)
        let ours = bank.matrix
        try #require(ours.count == theirs.weights.count)
        for (mine, reference) in zip(ours, theirs.weights) {
            // Two single-precision roundings; near the foot of a triangle the difference of frequencies cancels.
            #expect(abs(mine - reference) <= 1e-6 * max(abs(reference), 1e-2))
        }
        #expect(zip(bank.centresHz, theirs.centres).allSatisfy { abs($0 - $1) <= 1e-9 * $1 })
        #expect(try Spectrogram(settings).frequenciesHz == bank.centresHz)
    }
}
