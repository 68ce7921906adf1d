import Foundation
import TestSupport
import Testing

@testable import AVPrepAudio

/// Mel filters beside librosa's.
@Suite(.enabled(if: Oracle.isAvailable, "make test makes the venv"))
struct MelFilterBankOracleTests {
    private struct Bank: Codable {
        var weights: [Float]
        var centres: [Double]
    }

    @Test(arguments: [
        SpectrogramSettings.avts, .named(.openl3Mel128), .named(.openl3Mel256), .named(.vmz), .speechLike,
    ])
    func filtersAreLibrosas(settings: SpectrogramSettings) throws {
        let norm =
            switch settings.melNorm {
            case .slaney: "'slaney'"
            case .none: "None"
            case .sum: "1"
            case .squares: "2"
            case .largest: "np.inf"
            }
        let words = """
            sr=\(settings.sampleRate), n_fft=\(settings.fftLength), n_mels=\(settings.melBands), \
            fmin=\(settings.minFrequencyHz), fmax=\(settings.highestFrequencyHz), \
            htk=\(settings.melScale == .htk ? "True" : "False"), norm=\(norm)
            """
        let script = """
            import json, librosa, numpy as np
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
        #expect(bank.centresHz.count == theirs.centres.count)
        #expect(zip(bank.centresHz, theirs.centres).allSatisfy { abs($0 - $1) <= 1e-9 * $1 })
        #expect(try Spectrogram(settings).frequenciesHz == bank.centresHz)
    }
}
