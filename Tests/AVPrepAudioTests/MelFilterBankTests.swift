import AVPrepCore
import COpenBLAS
import Testing

@testable import AVPrepAudio

@Suite struct MelFilterBankTests {
    /// The few weights a band has against the whole matrix, multiplied by somebody else.
    @Test(arguments: [SpectrogramSettings.avts, .named(.openl3Mel256), .speechLike, .avts.with { $0.melBands = 13 }])
    func bandsEqualTheDenseProductByOpenBLAS(settings: SpectrogramSettings) throws {
        openblas_set_num_threads(1)
        let bank = try MelFilterBank(settings)
        let frames = 17
        var random = SeededRandom(seed: 7)
        let stride = bank.paddedBins
        let spectra = (0..<(frames * stride)).map { _ in Float(random.unit()) }
        var dense = [Float](repeating: .nan, count: frames * bank.bands)
        cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasTrans, blasint(frames), blasint(bank.bands), blasint(bank.bins), 1,
            spectra, blasint(stride), bank.matrix, blasint(bank.bins), 0, &dense, blasint(bank.bands))
        var sparse = [Float](repeating: .nan, count: frames * bank.bands)
        try spectra.withUnsafeBufferPointer { spectra in
            try sparse.withUnsafeMutableBufferPointer { sparse in
                let input = try #require(spectra.baseAddress)
                let output = try #require(sparse.baseAddress)
                bank.project(input, count: frames, into: output)
            }
        }
        // A spectrum's bands do not depend on those beside it.
        var alone = [Float](repeating: .nan, count: frames * bank.bands)
        for frame in 0..<frames {
            let spectrum = Array(spectra[frame * stride..<(frame + 1) * stride])
            var bands = [Float](repeating: .nan, count: bank.bands)
            bank.project(spectrum, count: 1, into: &bands)
            alone.replaceSubrange(frame * bank.bands..<(frame + 1) * bank.bands, with: bands)
        }
        #expect(alone == sparse)
        // All terms are positive: the sums differ by the rounding of their order alone.
        for (ours, reference) in zip(sparse, dense) { #expect(abs(ours - reference) <= 1e-5 * reference) }
    }

    @Test func bandsBetweenTwoBinsAreRefusedWithTheirFrequencies() {
        let settings = SpectrogramSettings.named(.openl3Mel256).with { $0.emptyBands = .error }
        let error = #expect(throws: AudioError.self) { try Spectrogram(settings) }
        #expect(error?.code == .emptyBand)
        #expect(
            error?.description
                == "spectrogram openl3_mel256: mel band 0 of 256 (0.0 to 19.7 Hz) holds no Fourier bin: the bins are 23.4 Hz apart; "
                + "lower n_mels, raise n_fft or fmin, or set empty_bands: zero")
    }
}
